// Losses of how far two masks overlap: Dice (Milletari et al., 2016) and Tversky (Salehi et al.,
// 2017). Sums go over all elements of the global batch, or over `axis` alone.
#pragma once

#include "core/losses/loss.h"

namespace tutti::losses {

struct DiceOptions {
  std::string reduction = "sum_over_batch_size";
  std::optional<std::vector<int>> axis = {};
};

// 1 - 2 sum(y_true y_pred) / (sum(y_true) + sum(y_pred))
class Dice final : public LossWith<DiceOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

struct TverskyOptions {
  double alpha = 0.5;
  double beta = 0.5;
  std::string reduction = "sum_over_batch_size";
  std::optional<std::vector<int>> axis = {};
};

// 1 - t / (t + alpha sum(y_true (1 - y_pred)) + beta sum(y_pred (1 - y_true))), t as above.
class Tversky final : public LossWith<TverskyOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

}  // namespace tutti::losses
