// The search space of a function that asks for its hyperparameters while it builds a model.
#pragma once

#include <functional>

#include "scheduler/search/hyperparameters.h"

namespace tutti {

// Calls it with the defaults, then with the bounds and all choices of each hyperparameter in turn,
// those it found then too: a loop over `hp.Int("layers", 1, 3)` shows what three layers ask for.
// What models it builds have no weights. What the first call throws is thrown; a point that makes
// no model is a failed trial's affair.
SearchSpace space_of_build(const std::function<void(HyperParameters&)>& build);

}  // namespace tutti
