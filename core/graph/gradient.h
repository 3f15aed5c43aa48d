// The gradient as a graph transform: reverse mode over ops, whose rules are written in ops, so that a
// gradient has a gradient.
#pragma once

#include <vector>

#include "core/graph/value.h"

namespace tutti {

// d of / d each of `wrt`; `of` is a scalar that is same or partial. Where no path leads, an undefined
// Value. A gradient of a same value that gathered sums over rows is partial: sum it with sum_rows.
std::vector<Value> gradients(const Value& of, const std::vector<Value>& wrt);

// With a given gradient of `of` (any shape): the vector-Jacobian product.
std::vector<Value> gradients(const std::vector<Value>& of, const std::vector<Value>& of_gradients,
                             const std::vector<Value>& wrt);

}  // namespace tutti
