// Cross-entropies that leave what is easy aside: each term is multiplied by (1 - p)^gamma, p the
// probability given to the label. Lin et al., 2017.
#pragma once

#include "core/losses/loss.h"

namespace tutti::losses {

struct BinaryFocalCrossentropyOptions {
  bool apply_class_balancing = false;
  double alpha = 0.25;
  double gamma = 2.0;
  bool from_logits = false;
  double label_smoothing = 0.0;
  int axis = -1;
  std::string reduction = "sum_over_batch_size";
};

// Labels 0 and 1; the mean over `axis`.
class BinaryFocalCrossentropy final : public LossWith<BinaryFocalCrossentropyOptions> {
 public:
  explicit BinaryFocalCrossentropy(Options options = {});
  Value call(const Value& y_true, const Value& y_pred) const override;
  bool of_classes() const override { return true; }
};

struct CategoricalFocalCrossentropyOptions {
  double alpha = 0.25;
  double gamma = 2.0;
  bool from_logits = false;
  double label_smoothing = 0.0;
  int axis = -1;
  std::string reduction = "sum_over_batch_size";
};

// One-hot labels; the sum over `axis`, times alpha.
class CategoricalFocalCrossentropy final : public LossWith<CategoricalFocalCrossentropyOptions> {
 public:
  explicit CategoricalFocalCrossentropy(Options options = {});
  Value call(const Value& y_true, const Value& y_pred) const override;
  bool of_classes() const override { return true; }
};

}  // namespace tutti::losses
