// Operator: one node of an ONNX file being read, and the table of those that are known. Each file
// of this folder enters its own at load.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/graph/value.h"
#include "core/layers/layer.h"
#include "io/onnx/onnx.pb.h"

namespace tutti::onnx {

// What a name stands for. Rows are axis 0 of a Value and may be another in ONNX: `order` says which
// axis of the value ONNX's axis i is; empty where they are the same.
struct Meaning {
  Meaning() = default;
  Meaning(Value value, std::vector<int> order = {});  // an order that leaves the rows first is done
  Value value;
  std::vector<int> order;

  size_t rank() const { return static_cast<size_t>(value.shape().rank()); }
  int axis(size_t i) const { return order.empty() ? static_cast<int>(i) : order[i]; }
};

// Stands for the number of rows in shapes that a file computes with; no real extent is near it.
inline constexpr int64_t kOpenRows = -(int64_t{1} << 50);

// What an operator knows of its file.
struct FileFacts {
  int64_t opset = 0;
  int64_t declared_rows = 0;  // that the file's inputs say they have, 0 where it leaves them open
  std::string where;
};

class Operator {
 public:
  // `parts`: how many pieces and steps operators of this file may still be written out in; null:
  // any.
  Operator(const NodeProto& node, std::vector<Meaning> inputs, FileFacts file,
           int64_t* parts = nullptr);

  const NodeProto& node() const { return *node_; }
  int64_t opset() const { return file_.opset; }
  int64_t declared_rows() const { return file_.declared_rows; }
  size_t outputs() const { return static_cast<size_t>(node_->output_size()); }

  size_t size() const { return inputs_.size(); }
  bool has(size_t input) const { return input < inputs_.size() && inputs_[input].value.defined(); }
  const Meaning& meaning(size_t input) const;  // throws if it is left out
  // The value whose axes are ONNX's; throws where the rows are another than axis 0.
  const Value& value(size_t input) const;
  // Elements that the file gives; throws where they are computed from the model's inputs.
  Tensor constant(size_t input) const;
  std::vector<int64_t> integers(size_t input) const;
  double number(size_t input) const;  // of one element

  int64_t integer(const char* attribute, int64_t otherwise) const;
  double number(const char* attribute, double otherwise) const;
  std::string text(const char* attribute, const std::string& otherwise) const;
  std::vector<int64_t> integers(const char* attribute, std::vector<int64_t> otherwise) const;
  std::vector<double> numbers(const char* attribute) const;
  std::vector<std::string> texts(const char* attribute) const;
  const AttributeProto* attribute(const char* name) const;
  // An attribute that became an input: "axes" of Squeeze. No value if neither is there.
  std::optional<std::vector<int64_t>> integers_of(const char* attribute, size_t input) const;
  // Throws where the file's operators are written out in too many parts.
  void spend(int64_t parts) const;
  // Throws unless an attribute is absent or has the value that it has where it is absent.
  void require(const char* attribute, int64_t only) const;
  // In [0, rank).
  int axis(int64_t axis, size_t rank) const;
  // ONNX's axis of x as an axis of its value, which must not be the rows.
  int value_axis(const Meaning& x, int64_t axis) const;

  // "[file] node 'x' (Conv): ..."
  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    refuse_with(fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  [[noreturn]] void refuse_with(const std::string& message) const;

  const NodeProto* node_;
  std::vector<Meaning> inputs_;
  FileFacts file_;
  int64_t* parts_;
};

// What an operator's outputs mean.
using OperatorReader = std::function<std::vector<Meaning>(const Operator& op)>;
bool register_operator(const std::string& type, OperatorReader reader);
const OperatorReader* operator_reader(const std::string& type);  // null: unknown
std::vector<std::string> known_operators();                      // sorted

// An operator that is a layer of ours on its first input, so that it trains as that layer does. The
// layer comes built, with the file's numbers.
using LayerReader = std::function<std::shared_ptr<Layer>(const Operator& op)>;
bool register_layer_operator(const std::string& type, LayerReader reader);
const LayerReader* layer_reader(const std::string& type);

}  // namespace tutti::onnx
