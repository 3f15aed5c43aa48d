#include "core/graph/parameter_group.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/elementwise.h"
#include "core/graph/parameter_group_ops.h"
#include "core/graph/trace.h"

namespace tutti {

std::vector<int64_t> share_offsets(const std::vector<int64_t>& blocks, int world) {
  std::vector<int64_t> shares{0};
  for (int r = 1; r < world; ++r) {
    const int64_t target = part_of(blocks.back(), world, r).begin;
    shares.push_back(
        std::max(shares.back(), *std::lower_bound(blocks.begin(), blocks.end(), target)));
  }
  shares.push_back(blocks.back());
  return shares;
}

ParameterGroup::ParameterGroup(std::vector<VariablePtr> variables, Reducer& reducer)
    : variables_(std::move(variables)),
      rank_(static_cast<size_t>(reducer.rank())),
      reducer_(&reducer) {
  if (variables_.empty()) fail("optimizer", "there is nothing to train; make a layer trainable");
  dtype_ = variables_[0]->dtype();
  if (is_half(dtype_))
    fail(
        "optimizer",
        "variable '{}' is {}, too coarse to be trained; use the dtype policy mixed_{}, which keeps "
        "float32",
        variables_[0]->name(), name_of(dtype_), name_of(dtype_));
  offsets_.push_back(0);
  for (const auto& variable : variables_) {
    if (variable->dtype() != dtype_)
      fail("optimizer",
           "variables '{}' ({}) and '{}' ({}) differ in dtype; train them with one dtype",
           variables_[0]->name(), name_of(dtype_), variable->name(), name_of(variable->dtype()));
    const int64_t begin = offsets_.back(), end = begin + variable->value().elements();
    for (int64_t at = begin; at < end; at += kBlockElements) blocks_.push_back(at);
    offsets_.push_back(end);
  }
  blocks_.push_back(offsets_.back());
  shares_ = share_offsets(blocks_, reducer.world());
  Device& device = variables_[0]->value().device();
  const size_t bytes = static_cast<size_t>(offsets_.back()) * size_of(dtype_);
  void* shared = device.kind() == DeviceKind::cpu ? reducer.shared_parameters(bytes) : nullptr;
  shares_memory_ = shared != nullptr;
  flat_ = shared ? Tensor(std::make_shared<Storage>(device, shared, bytes, nullptr), 0,
                          Shape{offsets_.back()}, dtype_)
                 : Tensor::empty({offsets_.back()}, dtype_, device);
  for (size_t i = 0; i < variables_.size(); ++i)
    variables_[i]->rebind(Tensor(flat_.storage(),
                                 static_cast<size_t>(offsets_[i]) * size_of(dtype_),
                                 variables_[i]->shape(), dtype_));
}

void* ParameterGroup::partials_memory(size_t bytes) {
  if (!shares_memory_) return nullptr;
  if (bytes > partials_bytes_) {
    partials_ = reducer_->shared_partials(bytes);
    partials_bytes_ = partials_ ? bytes : 0;
  }
  return partials_;
}

Value ParameterGroup::reduce_scatter(const std::vector<Gradient>& gradients) {
  const auto any = [&](Value Gradient::*part) {
    return std::any_of(gradients.begin(), gradients.end(),
                       [part](const Gradient& gradient) { return (gradient.*part).defined(); });
  };
  // Zeros for what some variables lack are as large as the variables: not if all lack it.
  const auto all = [&](Value Gradient::*part) {
    std::vector<Value> values;
    for (size_t i = 0; i < variables_.size(); ++i) {
      const Value& value = gradients[i].*part;
      values.push_back(value.defined() ? value
                                       : Value(Tensor::zeros(variables_[i]->shape(), dtype_)));
    }
    return values;
  };
  const bool rows = any(&Gradient::partial), others = !rows || any(&Gradient::same);
  Value sum, same;
  if (rows)
    sum = make_node(std::make_shared<ReduceScatterOp>(shared_from_this()), all(&Gradient::partial));
  if (others) same = take(all(&Gradient::same));
  if (rows && others) return elementwise("add", {sum, same});
  return rows ? sum : same;
}

Value ParameterGroup::read_share() {
  // After an assign in this step the newest version is the variables' own.
  Trace* trace = Trace::current();
  std::vector<Value> versions;
  bool assigned = false;
  for (const auto& variable : variables_) {
    versions.push_back(trace ? trace->version_of(variable) : variable->base_read());
    assigned = assigned || !(versions.back() == variable->base_read());
  }
  if (!assigned) return make_node(std::make_shared<ReadShareOp>(shared_from_this()), {});
  return take(versions);
}

void ParameterGroup::assign_share(const Value& share) {
  Trace* trace = Trace::current();
  if (!trace) fail("optimizer", "parameters are assigned inside a traced step only");
  const auto versions =
      make_node_outputs(std::make_shared<AssignShareOp>(shared_from_this()), {share});
  for (size_t i = 0; i < versions.size(); ++i) trace->set_version(variables_[i], versions[i]);
  trace->add_effect(versions[0]);
}

std::vector<Value> ParameterGroup::gather(const Value& share) {
  return make_node_outputs(std::make_shared<GatherShareOp>(shared_from_this()), {share});
}

Value ParameterGroup::take(const std::vector<Value>& per_variable) {
  return make_node(std::make_shared<TakeShareOp>(shared_from_this()), per_variable);
}

Value ParameterGroup::tensor_sums(const Value& share) {
  return make_node(std::make_shared<TensorSumsOp>(shared_from_this()), {share});
}

Value ParameterGroup::not_finite(const Value& share, bool squares) {
  return make_node(std::make_shared<NotFiniteOp>(shared_from_this(), squares), {share});
}

Value ParameterGroup::expand(const Value& per_variable) {
  return make_node(std::make_shared<ExpandOp>(shared_from_this()), {per_variable});
}

std::string GroupOp::parameters() const {
  return fmt::format("{}", static_cast<const void*>(group_.get()));
}

ValueType GroupOp::share_type() const {
  return {group_->dtype(), Shape{group_->share().size()}, ValueKind::share};
}

namespace {

void require_per_variable(const char* op, const ParameterGroup& group,
                          std::span<const ValueType> inputs) {
  if (inputs.size() != group.variables().size())
    fail(op, "needs {} inputs, one per variable, got {}", group.variables().size(), inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].shape != group.variables()[i]->shape() || inputs[i].dtype != group.dtype())
      fail(op, "variable '{}' is {}, its value is {}", group.variables()[i]->name(),
           to_string(group.variables()[i]->type()), to_string(inputs[i]));
}

}  // namespace

std::vector<ValueType> ReduceScatterOp::infer(std::span<const ValueType> inputs) const {
  require_per_variable("reduce_scatter", group(), inputs);
  return {share_type()};
}

std::vector<ValueType> TakeShareOp::infer(std::span<const ValueType> inputs) const {
  require_per_variable("take_share", group(), inputs);
  return {share_type()};
}

void* ReadShareOp::fixed_output(size_t) const {
  return group().flat().raw() +
         static_cast<size_t>(group().share().begin) * size_of(group().dtype());
}

std::vector<ValueType> AssignShareOp::infer(std::span<const ValueType> inputs) const {
  if (!(inputs[0] == share_type()))
    fail("assign_share", "needs {}, got {}", to_string(share_type()), to_string(inputs[0]));
  std::vector<ValueType> types;
  for (const auto& variable : group().variables()) types.push_back(variable->type());
  return types;
}

void* AssignShareOp::fixed_output(size_t output) const {
  return group().variables()[output]->value().raw();
}

void* AssignShareOp::input_place() const {
  return group().flat().raw() +
         static_cast<size_t>(group().share().begin) * size_of(group().dtype());
}

std::vector<ValueType> GatherShareOp::infer(std::span<const ValueType> inputs) const {
  if (!(inputs[0] == share_type()))
    fail("gather_share", "needs {}, got {}", to_string(share_type()), to_string(inputs[0]));
  std::vector<ValueType> types;
  for (const auto& variable : group().variables()) types.push_back(variable->type());
  return types;
}

std::vector<ValueType> TensorSumsOp::infer(std::span<const ValueType> inputs) const {
  if (!(inputs[0] == share_type()))
    fail("tensor_sums", "needs {}, got {}", to_string(share_type()), to_string(inputs[0]));
  return {
      {group().dtype(), Shape{static_cast<int64_t>(group().variables().size())}, ValueKind::same}};
}

std::vector<Value> NotFiniteOp::composite(std::span<const Value> inputs) const {
  const Value& x = inputs[0];
  const Value looked_at = squares_ ? tutti::elementwise("square", {x}) : x;
  const Value finite = tutti::elementwise("is_finite", {looked_at});
  return {group_->tensor_sums(cast(tutti::elementwise("logical_not", {finite}), group_->dtype()))};
}

std::vector<ValueType> ExpandOp::infer(std::span<const ValueType> inputs) const {
  const ValueType expected{group().dtype(), Shape{static_cast<int64_t>(group().variables().size())},
                           ValueKind::same};
  if (!(inputs[0] == expected))
    fail("expand", "needs {}, got {}", to_string(expected), to_string(inputs[0]));
  return {share_type()};
}

}  // namespace tutti
