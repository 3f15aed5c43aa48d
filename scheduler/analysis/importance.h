// How much each hyperparameter matters: PED-ANOVA, S. Watanabe, A. Bansal, F. Hutter, "PED-ANOVA:
// efficiently quantifying hyperparameter importance in arbitrary subspaces", IJCAI 2023, as in
// Optuna 5.0, which extends it to conditions (arXiv 2601.20800).
#pragma once

#include <string>
#include <vector>

#include "scheduler/study/trial.h"

namespace tutti {

struct Importance {
  std::string name;
  double share = 0;  // of all: they sum to 1
};

// Of the hyperparameters of the complete trials, the most important first: by how far the values
// that the best tenth of these trials has in `objective` differ from those of all. Trials whose
// value is not finite are left out. Empty where the trials tell nothing: fewer than two, all alike
// in value, or no hyperparameter of which the best differ from the others.
std::vector<Importance> importance_of(const StudyRecord& study, size_t objective = 0);

}  // namespace tutti
