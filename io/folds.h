// k-fold cross-validation: the rows that scikit-learn's KFold and StratifiedKFold hold out.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/model/model.h"
#include "io/dataset.h"
#include "io/split.h"

namespace tutti {

// Each row is a test row of one fold. Rows of a side ascend, as scikit-learn gives them. Without
// random_state rows are not shuffled.
struct KFold {
  int64_t n_splits = 5;
  std::optional<uint32_t> random_state = {};

  // Throws for fewer rows than folds.
  std::vector<SplitRows> split(int64_t rows) const;
};

// Each fold has every class in nearly the share that all rows have. Throws where no class has as
// many rows as there are folds.
struct StratifiedKFold {
  int64_t n_splits = 5;
  std::optional<uint32_t> random_state = {};

  std::vector<SplitRows> split(const std::vector<int64_t>& classes) const;
};

struct FoldResult {
  History history;
  Logs held_out;  // evaluate() on the fold's test rows after training
};

// Trains a model of its own on each fold's training rows and evaluates it on the others.
// `make_model` returns a compiled one, new for each fold; the world's ranks take part alike.
std::vector<FoldResult> cross_validate(const std::function<std::shared_ptr<Model>()>& make_model,
                                       const Dataset& data, const std::vector<SplitRows>& folds,
                                       const FitOptions& options);

}  // namespace tutti
