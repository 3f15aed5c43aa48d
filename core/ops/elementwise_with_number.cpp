#include "core/graph/elementwise.h"
#include "core/graph/executable.h"
#include "core/ops/elementwise.h"

namespace tutti {

Tensor elementwise_with_number(const char* name, const Tensor& x, double y) {
  return evaluate(elementwise(name, {Value(x), Value(y)}));
}

Tensor elementwise_with_number(const char* name, double x, const Tensor& y) {
  return evaluate(elementwise(name, {Value(x), Value(y)}));
}

}  // namespace tutti
