// For the generated source that enters the elementwise ops and defines their builders.
#pragma once

#include "core/graph/elementwise.h"
#include "core/graph/executable.h"
#include "core/ops/elementwise.h"
#include "core/ops/elementwise_op.h"

namespace tutti {

template <class Op>
ElementwiseTypes elementwise_types() {
  using enum ElementwiseTypes;
  constexpr ElementwiseTypes types[] = {floating, numeric, any, boolean};
  return types[static_cast<size_t>(Op::types)];
}

template <class Op>
std::vector<Value> elementwise_gradient(const std::vector<Value>& x, const Value& y,
                                        const Value& dy) {
  const auto all = [&] {
    if constexpr (Op::arity == 1)
      return Op::gradient(x[0], y, dy);
    else if constexpr (Op::arity == 2)
      return Op::gradient(x[0], x[1], y, dy);
    else
      return Op::gradient(x[0], x[1], x[2], y, dy);
  }();
  return std::vector<Value>(std::begin(all.values), std::end(all.values));
}

template <class Op>
concept HasGradient = requires(const Value& v) {
  Op::gradient(v, v, v);
}
|| requires(const Value& v) { Op::gradient(v, v, v, v); }
|| requires(const Value& v) { Op::gradient(v, v, v, v, v); };

template <class Op>
bool enter_elementwise(const char* name) {
  ElementwiseInfo info;
  info.name = name;
  info.arity = Op::arity;
  info.types = elementwise_types<Op>();
  info.boolean_result = Op::boolean_result;
  info.linear = Op::linear;
  if constexpr (HasGradient<Op>) info.gradient = elementwise_gradient<Op>;
  register_elementwise(std::move(info));
  return true;
}

}  // namespace tutti

#define TUTTI_ENTER_ELEMENTWISE(name, Struct)         \
  [[maybe_unused]] static const bool entered_##name = \
      enter_elementwise<TUTTI_SCALAR_NAMESPACE::Struct>(#name);

#define TUTTI_REGISTER_Unary(name, Struct)                                          \
  namespace tutti {                                                                 \
  TUTTI_ENTER_ELEMENTWISE(name, Struct)                                             \
  Value name(const Value& x) { return elementwise(#name, {x}); }                    \
  Tensor name(const Tensor& x) { return evaluate(elementwise(#name, {Value(x)})); } \
  }

#define TUTTI_REGISTER_Binary(name, Struct)                                         \
  namespace tutti {                                                                 \
  TUTTI_ENTER_ELEMENTWISE(name, Struct)                                             \
  Value name(const Value& x, const Value& y) { return elementwise(#name, {x, y}); } \
  Tensor name(const Tensor& x, const Tensor& y) {                                   \
    return evaluate(elementwise(#name, {Value(x), Value(y)}));                      \
  }                                                                                 \
  }

#define TUTTI_REGISTER_Ternary(name, Struct)                                \
  namespace tutti {                                                         \
  TUTTI_ENTER_ELEMENTWISE(name, Struct)                                     \
  Value name(const Value& mask, const Value& x, const Value& y) {           \
    return elementwise(#name, {mask, x, y});                                \
  }                                                                         \
  Tensor name(const Tensor& mask, const Tensor& x, const Tensor& y) {       \
    return evaluate(elementwise(#name, {Value(mask), Value(x), Value(y)})); \
  }                                                                         \
  }
