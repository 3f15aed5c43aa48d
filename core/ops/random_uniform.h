// Random values shaped like another: uniform in [low, high), or normal. Counters as in
// core/graph/random_op.h: neither ranks nor threads show. No gradient flows back; shift and scale a
// drawn value to differentiate through a distribution.
#pragma once

#include "core/graph/random_op.h"

namespace tutti {

// In [0, 1), multiples of 2^-24.
class RandomUniformOp final : public RandomOp {
 public:
  using RandomOp::RandomOp;
  std::string_view name() const override { return "random_uniform"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>&, std::span<const Value>) const override {
    return {Value()};
  }
  std::string parameters() const override;
  std::shared_ptr<const Op> with_call_site(int64_t call_site) const override {
    return std::make_shared<RandomUniformOp>(seed(), call_site);
  }
};

Value random_uniform(const Value& like, double low = 0, double high = 1,
                     std::optional<uint64_t> seed = std::nullopt);
// By Box and Muller's cosine, of two uniform draws.
Value random_normal(const Value& like, double mean = 0, double stddev = 1,
                    std::optional<uint64_t> seed = std::nullopt);

}  // namespace tutti
