#include "core/ops/one_hot.h"

#include "core/base/error.h"
#include "core/ops/cast.h"
#include "core/ops/op_checks.h"

namespace tutti {

std::vector<ValueType> OneHotOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("one_hot", inputs, 1);
  require_integer("one_hot", inputs[0]);
  if (classes_ < 1) fail("one_hot", "{} classes are too few; use 1 or more", classes_);
  std::vector<int64_t> dims = inputs[0].shape.dims();
  dims.push_back(classes_);
  return {{DType::f32, Shape(std::move(dims)), inputs[0].kind}};
}

Value one_hot(const Value& labels, int64_t classes) {
  const DType dtype = labels.dtype();
  require_integer("one_hot", labels.type());
  return make_node(std::make_shared<OneHotOp>(classes),
                   {dtype == DType::i64 ? labels : cast(labels, DType::i64)});
}

}  // namespace tutti
