// shuffle_rows(row value) -> the rows of the global batch in a random order, each once: a pure
// function of (seed, step, call site, rows of the batch), so that no world shows.
#pragma once

#include "core/graph/random_op.h"

namespace tutti {

// The rank's rows of a shuffled whole, which gather_rows made; `inverse` puts rows back. Its
// gradient is its inverse.
class ShuffledRowsOp final : public RandomOp {
 public:
  explicit ShuffledRowsOp(std::optional<uint64_t> seed) : RandomOp(seed) {}
  ShuffledRowsOp(std::optional<uint64_t> seed, int64_t call_site, bool inverse)
      : RandomOp(seed, call_site), inverse_(inverse) {}
  std::string_view name() const override { return "shuffled_rows"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override;
  std::shared_ptr<const Op> with_call_site(int64_t call_site) const override {
    return std::make_shared<ShuffledRowsOp>(seed(), call_site, inverse_);
  }
  bool inverse() const { return inverse_; }

 private:
  bool inverse_ = false;
};

Value shuffle_rows(const Value& value, std::optional<uint64_t> seed = std::nullopt);

}  // namespace tutti
