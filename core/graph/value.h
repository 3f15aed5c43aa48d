// Values and Nodes: the graph that every model becomes. A Value names one output of a Node; a Node
// owns its inputs, so a graph lives as long as somebody holds what it computes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/dtype.h"
#include "core/base/shape.h"
#include "core/tensor/tensor.h"

namespace tutti {

// What a value means to the world of ranks:
//   row      axis 0 (kRows) is rows of the batch; a rank holds its own
//   same     equal on all ranks
//   partial  a sum over rows that is still owed: a rank holds one sum per subtree root it owns
//   share    flat parameters, gradients or optimizer state; a rank holds its share
enum class ValueKind : uint8_t { row, same, partial, share };
const char* name_of(ValueKind kind);

struct ValueType {
  DType dtype = DType::f32;
  Shape shape;
  ValueKind kind = ValueKind::same;
  bool operator==(const ValueType&) const = default;
};
std::string to_string(const ValueType& type);  // "float32 (None, 8) row"

class Op;
struct Node;

class Value {
 public:
  Value() = default;  // no value: defined() is false
  Value(std::shared_ptr<Node> node, int output = 0) : node_(std::move(node)), output_(output) {}
  Value(const Tensor& constant);
  // A scalar that takes the dtype of what it meets: `x * 2` stays f64 for an f64 x.
  Value(double scalar);

  bool defined() const { return node_ != nullptr; }
  const ValueType& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  ValueKind kind() const { return type().kind; }

  const std::shared_ptr<Node>& node() const { return node_; }
  int output() const { return output_; }
  bool operator==(const Value& other) const = default;

 private:
  std::shared_ptr<Node> node_;
  int output_ = 0;
};

struct ValueHash {
  size_t operator()(const Value& value) const {
    return std::hash<const void*>()(value.node().get()) * 31 + static_cast<size_t>(value.output());
  }
};

struct Node {
  Node(std::shared_ptr<const Op> op, std::vector<Value> inputs, std::vector<ValueType> outputs);
  ~Node();

  std::shared_ptr<const Op> op;
  std::vector<Value> inputs;
  std::vector<ValueType> outputs;
  std::string scope;  // the layer that made it, for messages and drawings
  // Of a step that takes its shards in several passes (passes/passes.h, split_shards): nodes run in
  // ascending order of (round, pass); pass p > 0 works on the rows of the rank's p-th pass.
  int round = 0, pass = 0;
};

// Appends a node: infers its outputs, sums partial inputs first where the op is not linear in them.
// A sum over rows of halves is owed in f32, since the parts of a sum may not be rounded: each world
// has others.
// Throws what the op's rule throws.
Value make_node(std::shared_ptr<const Op> op, std::vector<Value> inputs);
std::vector<Value> make_node_outputs(std::shared_ptr<const Op> op, std::vector<Value> inputs);

// Nodes made while it lives carry this scope ("model/dense_1").
class NodeScope {
 public:
  explicit NodeScope(const std::string& name);
  ~NodeScope();
  NodeScope(const NodeScope&) = delete;

 private:
  std::string outer_;
};

}  // namespace tutti
