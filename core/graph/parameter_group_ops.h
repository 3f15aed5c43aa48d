// The ops of a ParameterGroup.
#pragma once

#include "core/graph/op.h"
#include "core/graph/parameter_group.h"

namespace tutti {

class GroupOp : public Op {
 public:
  explicit GroupOp(std::shared_ptr<ParameterGroup> group) : group_(std::move(group)) {}
  ParameterGroup& group() const { return *group_; }
  std::string parameters() const override;

 protected:
  ValueType share_type() const;
  std::shared_ptr<ParameterGroup> group_;
};

// One partial per variable -> this rank's share of their sums. The inputs are laid out in one flat
// buffer, variable by variable, so that the ranks exchange slices of it.
class ReduceScatterOp final : public GroupOp {
 public:
  using GroupOp::GroupOp;
  std::string_view name() const override { return "reduce_scatter"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  bool collective() const override { return true; }
};

// One same value per variable -> this rank's share of them.
class TakeShareOp final : public GroupOp {
 public:
  using GroupOp::GroupOp;
  std::string_view name() const override { return "take_share"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
};

// The parameters' share before the step.
class ReadShareOp final : public GroupOp {
 public:
  using GroupOp::GroupOp;
  std::string_view name() const override { return "read_share"; }
  std::vector<ValueType> infer(std::span<const ValueType>) const override { return {share_type()}; }
  void* fixed_output(size_t) const override;
};

// The new share, all-gathered: an output per variable, which is its new version.
class AssignShareOp final : public GroupOp {
 public:
  using GroupOp::GroupOp;
  std::string_view name() const override { return "assign_share"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  bool pure() const override { return false; }
  bool collective() const override { return true; }
  void* fixed_output(size_t output) const override;
  void* input_place() const override;
};

// share -> one same value per variable, all-gathered: for what needs whole tensors.
class GatherShareOp final : public GroupOp {
 public:
  using GroupOp::GroupOp;
  std::string_view name() const override { return "gather_share"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  bool collective() const override { return true; }
};

// share -> same (variables,): the sum over each variable, per block, then a tree over its blocks.
class TensorSumsOp final : public GroupOp {
 public:
  using GroupOp::GroupOp;
  std::string_view name() const override { return "tensor_sums"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  bool collective() const override { return true; }
};

// share -> same (variables,): how many elements of each variable, or their squares, are not finite.
class NotFiniteOp final : public GroupOp {
 public:
  NotFiniteOp(std::shared_ptr<ParameterGroup> group, bool squares)
      : GroupOp(std::move(group)), squares_(squares) {}
  std::string_view name() const override { return "not_finite"; }
  std::string parameters() const override {
    return GroupOp::parameters() + (squares_ ? " squares" : "");
  }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return TensorSumsOp(group_).infer(inputs);
  }
  std::vector<Value> composite(std::span<const Value> inputs) const override;
  bool collective() const override { return true; }
  bool squares() const { return squares_; }

 private:
  bool squares_;
};

// same (variables,) -> share.
class ExpandOp final : public GroupOp {
 public:
  using GroupOp::GroupOp;
  std::string_view name() const override { return "expand"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
};

}  // namespace tutti
