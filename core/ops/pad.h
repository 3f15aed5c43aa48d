// pad: zeros before and after the elements of each axis, never of the rows. Any dtype; linear.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class PadOp final : public Op {
 public:
  PadOp(std::vector<int64_t> before, std::vector<int64_t> after)
      : before_(std::move(before)), after_(std::move(after)) {}
  std::string_view name() const override { return "pad"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  // Neighbours along an axis are put side by side.
  Value sum_of(std::span<const Value> terms) const override;
  std::string parameters() const override;
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  const std::vector<int64_t>& before() const { return before_; }
  const std::vector<int64_t>& after() const { return after_; }

 private:
  std::vector<int64_t> before_, after_;
};

Value pad(const Value& value, const std::vector<int64_t>& before,
          const std::vector<int64_t>& after);
inline Tensor pad(const Tensor& tensor, const std::vector<int64_t>& before,
                  const std::vector<int64_t>& after) {
  return evaluate(pad(Value(tensor), before, after));
}

}  // namespace tutti
