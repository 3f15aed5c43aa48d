#include "scheduler/search/space_of_build.h"

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/layers/deferred_weights.h"

namespace tutti {

SearchSpace space_of_build(const std::function<void(HyperParameters&)>& build) {
  const DeferredWeights never_drawn;
  HyperParameters hp;
  clear_session();
  build(hp);
  for (size_t i = 0; i < hp.space().hyperparameters().size(); ++i) {
    const Hyperparameter one = hp.space().hyperparameters()[i];
    for (const double number : edges_of(one.distribution)) {
      hp.set_values(hp.space().values_of(hp.space().with_parents(one, number)));
      clear_session();
      try {
        build(hp);
      } catch (const Error&) {
      }
    }
  }
  clear_session();
  return hp.space();
}

}  // namespace tutti
