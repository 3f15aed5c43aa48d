#include "io/onnx/import/operator.h"

#include <algorithm>
#include <map>

#include "core/graph/builtin_ops.h"
#include "core/ops/transpose.h"
#include "io/onnx/wire.h"

namespace tutti::onnx {
namespace {

template <typename Reader>
std::map<std::string, Reader>& readers() {
  static std::map<std::string, Reader> all;
  return all;
}

template <typename Reader>
const Reader* find_reader(const std::string& type) {
  const auto found = readers<Reader>().find(type);
  return found == readers<Reader>().end() ? nullptr : &found->second;
}

}  // namespace

bool register_operator(const std::string& type, OperatorReader reader) {
  return readers<OperatorReader>().emplace(type, std::move(reader)).second;
}
const OperatorReader* operator_reader(const std::string& type) {
  return find_reader<OperatorReader>(type);
}
bool register_layer_operator(const std::string& type, LayerReader reader) {
  return readers<LayerReader>().emplace(type, std::move(reader)).second;
}
const LayerReader* layer_reader(const std::string& type) { return find_reader<LayerReader>(type); }

std::vector<std::string> known_operators() {
  std::vector<std::string> names;
  for (const auto& [name, reader] : readers<OperatorReader>()) names.push_back(name);
  for (const auto& [name, reader] : readers<LayerReader>()) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

Meaning::Meaning(Value given, std::vector<int> its_order)
    : value(std::move(given)), order(std::move(its_order)) {
  const bool rows_first = order.empty() || order[0] == 0 || value.kind() != ValueKind::row;
  if (!rows_first) return;
  if (!std::is_sorted(order.begin(), order.end())) value = transpose(value, order);
  order.clear();
}

Operator::Operator(const NodeProto& node, std::vector<Meaning> inputs, FileFacts file,
                   int64_t* parts)
    : node_(&node), inputs_(std::move(inputs)), file_(std::move(file)), parts_(parts) {}

void Operator::spend(int64_t parts) const {
  if (parts_ && (*parts_ -= parts) < 0)
    refuse(
        "and those before it are written out in too many steps and pieces; export a smaller model");
}

void Operator::refuse_with(const std::string& message) const {
  fail(ExitCode::data, file_.where, "node '{}' ({}): {}",
       node_->name().empty() && node_->output_size() > 0 ? node_->output(0) : node_->name(),
       node_->op_type(), message);
}

const Meaning& Operator::meaning(size_t input) const {
  if (!has(input))
    refuse("needs input {}, which the file leaves out; export the model again", input);
  return inputs_[input];
}

const Value& Operator::value(size_t input) const {
  const Meaning& found = meaning(input);
  if (!found.order.empty())
    refuse(
        "takes '{}' whose rows are not axis 0; only recurrent operators and what reshapes theirs "
        "do that here",
        node_->input(static_cast<int>(input)));
  return found.value;
}

Tensor Operator::constant(size_t input) const {
  const Value& found = value(input);
  if (const Tensor* tensor = constant_of(found)) return tensor->to(found.dtype());
  if (const auto* read = dynamic_cast<const ReadOp*>(found.node()->op.get()))
    return read->variable()->value();
  refuse("needs '{}' known before it runs; export the model with fixed shapes but for the rows",
         node_->input(static_cast<int>(input)));
}

std::vector<int64_t> Operator::integers(size_t input) const {
  const auto found = constant(input).to_vector<int64_t>();
  constexpr int64_t kMost = int64_t{1} << 40;
  for (const int64_t number : found)
    if ((number > kMost || number < -kMost) && number != kOpenRows && number != INT64_MAX &&
        number > INT64_MIN + 1)
      refuse(
          "computes {} from the number of rows or is out of range; export the model with fixed "
          "shapes but for the rows",
          number);
  return found;
}

double Operator::number(size_t input) const {
  const Tensor found = constant(input);
  if (found.elements() != 1)
    refuse("needs one number as input {}, got {}", input, to_string(found.shape()));
  return found.reshape({}).item();
}

const AttributeProto* Operator::attribute(const char* name) const {
  for (const auto& attribute : node_->attribute())
    if (attribute.name() == name) {
      if (!attribute.ref_attr_name().empty())
        refuse("attribute {} refers to a function's; export without functions", name);
      return &attribute;
    }
  return nullptr;
}

int64_t Operator::integer(const char* name, int64_t otherwise) const {
  const auto* found = attribute(name);
  return found ? found->i() : otherwise;
}
double Operator::number(const char* name, double otherwise) const {
  const auto* found = attribute(name);
  return found ? found->f() : otherwise;
}
std::string Operator::text(const char* name, const std::string& otherwise) const {
  const auto* found = attribute(name);
  return found ? found->s() : otherwise;
}
std::vector<int64_t> Operator::integers(const char* name, std::vector<int64_t> otherwise) const {
  const auto* found = attribute(name);
  if (!found) return otherwise;
  return {found->ints().begin(), found->ints().end()};
}
std::vector<double> Operator::numbers(const char* name) const {
  const auto* found = attribute(name);
  if (!found) return {};
  return {found->floats().begin(), found->floats().end()};
}
std::vector<std::string> Operator::texts(const char* name) const {
  const auto* found = attribute(name);
  if (!found) return {};
  return {found->strings().begin(), found->strings().end()};
}

std::optional<std::vector<int64_t>> Operator::integers_of(const char* name, size_t input) const {
  if (attribute(name)) return integers(name, {});
  if (has(input)) return integers(input);
  return {};
}

void Operator::require(const char* name, int64_t only) const {
  if (integer(name, only) != only)
    refuse("{} is {}, which is not read; only {} is", name, integer(name, only), only);
}

int Operator::value_axis(const Meaning& x, int64_t axis) const {
  const int at = x.axis(static_cast<size_t>(this->axis(axis, x.rank())));
  if (at == 0 && x.value.kind() == ValueKind::row)
    refuse("acts along the rows (axis {}); rows stay as they are here", axis);
  return at;
}

int Operator::axis(int64_t axis, size_t rank) const {
  const auto count = static_cast<int64_t>(rank);
  if (axis < -count || axis >= count)
    refuse("axis {} is none of a value with {} axes; export the model again", axis, rank);
  return static_cast<int>(axis < 0 ? axis + count : axis);
}

}  // namespace tutti::onnx
