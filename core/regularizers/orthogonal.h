// OrthogonalRegularizer: a penalty on the cosines between the rows, or the columns, of a matrix.
#pragma once

#include <string>

#include "core/regularizers/regularizer.h"

namespace tutti {

struct OrthogonalRegularizerOptions {
  double factor = 0.01;
  std::string mode = "rows";
};

// factor times the mean magnitude of the cosine of each pair.
class OrthogonalRegularizer final : public Regularizer {
 public:
  using Options = OrthogonalRegularizerOptions;
  explicit OrthogonalRegularizer(Options options = {});
  Value operator()(const Value& weight) const override;  // throws unless it is a matrix
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
