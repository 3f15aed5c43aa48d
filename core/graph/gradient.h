// The gradient as a graph transform: reverse mode over ops, whose rules are written in ops, so that
// a gradient has a gradient. It ends at stop_gradient and at what a variable was assigned in the
// step.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/graph/value.h"

namespace tutti {

// The gradient of a same value has two parts: what came through rows is a partial, still owed its
// sum over shards and ranks; what did not (regularizers) is same and must be added once, after that
// sum. An undefined part is zero.
struct Gradient {
  Value partial, same;
  bool defined() const { return partial.defined() || same.defined(); }
  Value total() const;  // the parts added, the partial summed first if there are both
};

// d of / d each of `wrt`; `of` is a scalar that is same or partial.
std::vector<Gradient> split_gradients(const Value& of, const std::vector<Value>& wrt);

// The same, each total(): undefined where no path leads. May be partial; every op that is not
// linear in it sums it, sum_rows does so by hand.
std::vector<Value> gradients(const Value& of, const std::vector<Value>& wrt);

// What flows to each input of a node from what flows to its outputs: Op::gradient, or another rule
// that walks the graph the same way.
using GradientRule = std::function<std::vector<Value>(const std::shared_ptr<Node>&,
                                                      std::span<const Value> output_gradients)>;

// With given gradients of several values (any shape): the vector-Jacobian product, by a rule.
std::vector<Gradient> split_gradients(const std::vector<Value>& of,
                                      const std::vector<Value>& of_gradients,
                                      const std::vector<Value>& wrt, const GradientRule& rule = {});

}  // namespace tutti
