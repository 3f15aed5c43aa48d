#include "scheduler/search/space_of_build.h"

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/layers/deferred_weights.h"

namespace tutti {
namespace {

// Bounds, or all there is to choose from.
std::vector<Config> edges_of(const Distribution& distribution) {
  if (const auto* choice = std::get_if<CategoricalDistribution>(&distribution))
    return choice->choices;
  if (const auto* range = std::get_if<IntDistribution>(&distribution))
    return {range->low, range->high};
  const auto& range = std::get<FloatDistribution>(distribution);
  return {range.low, range.high};
}

// With parents that let it be there.
void set_with_parents(const SearchSpace& space, const Hyperparameter& hyperparameter,
                      const Config& value, std::map<std::string, Config>& values) {
  values[hyperparameter.name] = value;
  for (const Condition& condition : hyperparameter.conditions)
    set_with_parents(space, *space.find(condition.parent), condition.values[0], values);
}

}  // namespace

SearchSpace space_of_build(const std::function<void(HyperParameters&)>& build) {
  const DeferredWeights never_drawn;
  HyperParameters hp;
  clear_session();
  build(hp);
  for (size_t i = 0; i < hp.space().hyperparameters().size(); ++i) {
    const Hyperparameter one = hp.space().hyperparameters()[i];
    for (const Config& value : edges_of(one.distribution)) {
      std::map<std::string, Config> values;
      set_with_parents(hp.space(), one, value, values);
      hp.set_values(std::move(values));
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
