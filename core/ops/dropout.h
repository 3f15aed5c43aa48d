// dropout(x, rate): each element is 0 with probability `rate`, else x / (1 - rate). Row and same
// values alike; element / 4 of the counter counts elements after axis 0 (see
// core/graph/random_op.h). The gradient is the same op on dy: the mask is drawn again, not kept.
#pragma once

#include "core/graph/random_op.h"

namespace tutti {

class DropoutOp final : public RandomOp {
 public:
  explicit DropoutOp(double rate, std::optional<uint64_t> seed = std::nullopt);
  DropoutOp(double rate, std::optional<uint64_t> seed, int64_t call_site)
      : RandomOp(seed, call_site), rate_(rate) {}
  std::string_view name() const override { return "dropout"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override;
  std::shared_ptr<const Op> with_call_site(int64_t call_site) const override {
    return std::make_shared<DropoutOp>(rate_, seed(), call_site);
  }
  double rate() const { return rate_; }

 private:
  double rate_;
};

// rate in [0, 1); 0 is the value itself. A seed decides the mask whatever the job's seed is.
Value dropout(const Value& value, double rate, std::optional<uint64_t> seed = std::nullopt);

}  // namespace tutti
