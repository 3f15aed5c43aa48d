// Poolings over windows. Channels last, padding never chosen nor counted.
#pragma once

#include "core/ops/patches.h"

namespace tutti {

// x [n, s.., c] -> the largest of each window [n, o.., c], and its place in its row (pick.h): of
// equals the first, a NaN before any number, -1 and -infinity where a window sees padding alone.
class MaxPoolOp final : public Op {
 public:
  explicit MaxPoolOp(Windows windows) : windows_(std::move(windows)) {}
  std::string_view name() const override { return "max_pool"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override { return windows_.text(); }
  const Windows& windows() const { return windows_; }

 private:
  Windows windows_;
};

// The gradient of a maximum goes to the element that was chosen.
Value max_pool(const Value& x, const Windows& windows);
Value average_pool(const Value& x, const Windows& windows);

}  // namespace tutti
