#include "core/graph/op.h"

#include "core/base/error.h"

namespace tutti {

std::vector<Value> Op::gradient(const std::shared_ptr<Node>&, std::span<const Value>) const {
  fail(name(), "this op has no gradient; stop the gradient before it with stop_gradient()");
}

}  // namespace tutti
