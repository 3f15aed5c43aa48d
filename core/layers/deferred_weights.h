// Weights without elements, until it is known that there is room for them and what they shall be.
#pragma once

#include <utility>
#include <vector>

#include "core/graph/variable.h"
#include "core/initializers/initializer.h"

namespace tutti {

// While one stands, layers built on this thread have weights whose memory nobody has touched: a
// model can be measured, described or loaded from a file at no cost.
class DeferredWeights {
 public:
  DeferredWeights();
  ~DeferredWeights();
  DeferredWeights(const DeferredWeights&) = delete;
  DeferredWeights& operator=(const DeferredWeights&) = delete;

  // Null if none stands.
  static DeferredWeights* current();
  void add(const VariablePtr& variable, const Ref<Initializer>& initializer);
  // Draws them in the order in which layers added them: the elements that they would have had.
  void draw();

 private:
  DeferredWeights* outer_;
  std::vector<std::pair<VariablePtr, Ref<Initializer>>> waiting_;
};

}  // namespace tutti
