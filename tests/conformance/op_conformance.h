// One call that checks an op: f32 against f64, gradients against finite differences, the same bits
// from any threads, a row's bits whatever rows are beside it, and shapes that it must refuse.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/graph/value.h"

namespace tutti {

struct OpCase {
  std::string name;
  // The op on inputs of these shapes; floating inputs are made in f32 or f64 as the check needs.
  std::function<Value(const std::vector<Value>&)> build;
  std::vector<ValueType> inputs;
  double low = -1, high = 1;   // of floating inputs
  int64_t labels = 3;          // integer inputs are in [0, labels)
  bool differentiable = true;  // in every floating input
  double tolerance = 1e-5;     // of f32 against f64, relative to the largest element
  // Inputs that must be refused, with a message that begins with "[" and names every shape.
  std::vector<std::vector<ValueType>> refused = {};
};

void check_op(const OpCase& op);

inline ValueType rows_of(std::vector<int64_t> tail, DType dtype = DType::f32) {
  tail.insert(tail.begin(), kRows);
  return {dtype, Shape(std::move(tail)), ValueKind::row};
}
inline ValueType same_of(const Shape& shape, DType dtype = DType::f32) {
  return {dtype, shape, ValueKind::same};
}

}  // namespace tutti
