// GraphWriter: an ONNX graph being written. Names are unique and begin with the scope, the layer
// that a node belongs to. Transpositions wait: one that undoes another takes both away, and what
// keeps the order of elements is done before the transposition, so that those around channels-first
// operators meet. A node that nothing reads is not written.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/graph/variable.h"
#include "io/onnx/onnx.pb.h"

namespace tutti::onnx {

using Attribute = std::variant<int64_t, float, std::string, std::vector<int64_t>,
                               std::vector<float>, std::vector<std::string>>;
using Attributes = std::vector<std::pair<std::string, Attribute>>;
using Names = std::vector<std::string>;
using Order = std::vector<int>;  // of a transposition: output axis -> input axis

class GraphWriter {
 public:
  // What the names of nodes written from now on begin with; "" for none.
  void set_scope(std::string scope) { scope_ = std::move(scope); }
  const std::string& scope() const { return scope_; }

  // An input of the graph, whose rows have the symbolic extent "batch".
  std::string input(const std::string& name, const ValueType& type);
  // A node. An input of "" is one that is left out.
  std::string node(const std::string& op, const Names& inputs, const Attributes& attributes = {});
  Names nodes(const std::string& op, const Names& inputs, const Attributes& attributes,
              int outputs);

  // A weight in the form that an operator wants it in; `form` tells the forms of one variable
  // apart.
  using Reform = std::function<Tensor(const Tensor&)>;
  std::string weight(const Variable& variable, const std::string& form = "",
                     const Reform& reform = nullptr);
  // A tensor that is no weight: a number is an initializer, an array a Constant node.
  std::string constant(const Tensor& tensor);
  std::string integers(const std::vector<int64_t>& values);  // int64, rank 1

  // y.shape[i] = x.shape[order[i]].
  std::string transpose(const std::string& x, Order order);
  // What `make` makes of inputs that broadcast to `rank` axes and keep their order: where one is a
  // transposition, of the inputs before it, whose order `make` gets (empty: none).
  using Make = std::function<std::string(const Names& inputs, const Order& order)>;
  std::string in_any_order(const Names& inputs, size_t rank, const Make& make);
  std::string pointwise(const std::string& op, const Names& inputs, size_t rank,
                        const Attributes& attributes = {});

  // The number of rows, int64 of one element.
  std::string rows();

  // Makes `name` an output of the graph, named `wanted` or, if that is taken, like it.
  void output(const std::string& name, const std::string& wanted, const ValueType& type);
  // The graph, in the order of writing.
  GraphProto finish(const std::string& name);

 private:
  struct Transposed {
    std::string source;
    Order order;
  };
  std::string unique(const std::string& wanted);
  std::string initializer(const std::string& name, const Tensor& tensor);
  bool aligned(const std::string& name, size_t rank, const Order& order, std::string& result);

  std::string scope_, rows_;
  std::unordered_map<std::string, std::string>
      outputs_;  // what is named as an output, its name there
  GraphProto graph_;
  std::unordered_map<std::string, int> taken_;  // names, and how often each was wanted
  std::unordered_map<std::string, Transposed> transposed_;
  std::unordered_map<std::string, Tensor> constants_;  // by name, weights among them
  std::map<std::pair<const void*, std::string>, std::string> weights_;
  std::map<std::pair<std::string, std::string>, std::string>
      known_;  // constants by dtype, elements
};

}  // namespace tutti::onnx
