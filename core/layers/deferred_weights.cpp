#include "core/layers/deferred_weights.h"

#include "core/base/error.h"

namespace tutti {
namespace {

thread_local DeferredWeights* standing = nullptr;

}  // namespace

DeferredWeights::DeferredWeights() : outer_(std::exchange(standing, this)) {}
DeferredWeights::~DeferredWeights() { standing = outer_; }

DeferredWeights* DeferredWeights::current() { return standing; }

void DeferredWeights::add(const VariablePtr& variable, const Ref<Initializer>& initializer) {
  waiting_.emplace_back(variable, initializer);
}

void DeferredWeights::draw() {
  for (const auto& [variable, initializer] : std::exchange(waiting_, {})) {
    try {
      variable->set_value((*initializer)(variable->shape(), variable->dtype()));
    } catch (Error& error) {
      error.reword(fmt::format("[{}] {}", variable->name(), error.what()));
      throw;
    }
  }
}

}  // namespace tutti
