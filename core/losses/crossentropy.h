// Cross-entropies of probabilities or logits. Probabilities are cut to [1e-7, 1 - 1e-7]; where they
// were just made by softmax or sigmoid, the logits before it are used, which is exact (as Keras
// does).
#pragma once

#include <optional>

#include "core/losses/loss.h"

namespace tutti::losses {

struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0.0;
  int axis = -1;  // of the classes; for BinaryCrossentropy the axis of the mean
  std::string reduction = "sum_over_batch_size";
};

// Labels 0 and 1 (or between), one for each element.
class BinaryCrossentropy final : public Loss {
 public:
  using Options = CrossentropyOptions;
  explicit BinaryCrossentropy(Options options = {});
  Value call(const Value& y_true, const Value& y_pred) const override;
  bool of_classes() const override { return true; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// Labels as one-hot rows or distributions, of y_pred's shape.
class CategoricalCrossentropy final : public Loss {
 public:
  using Options = CrossentropyOptions;
  explicit CategoricalCrossentropy(Options options = {});
  Value call(const Value& y_true, const Value& y_pred) const override;
  bool of_classes() const override { return true; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct SparseCrossentropyOptions {
  bool from_logits = false;
  std::optional<int64_t> ignore_class = {};  // labels that do not count
  std::string reduction = "sum_over_batch_size";
  int axis = -1;
};

// Labels as class indices, y_pred's shape without the class axis.
class SparseCategoricalCrossentropy final : public Loss {
 public:
  using Options = SparseCrossentropyOptions;
  explicit SparseCategoricalCrossentropy(Options options = {});
  Value call(const Value& y_true, const Value& y_pred) const override;
  bool of_classes() const override { return true; }
  Value mask(const Value& y_true, const Value& y_pred) const override;
  bool sparse_labels() const override { return true; }
  std::optional<int64_t> label_classes(const Shape& y_pred) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// "crossentropy" and "ce": one of the three above, by the shapes.
class CrossentropyByShape final : public Loss {
 public:
  using Options = ReductionOptions;
  explicit CrossentropyByShape(Options options = {})
      : Loss(options.reduction), options_(std::move(options)) {}
  Value call(const Value& y_true, const Value& y_pred) const override;
  bool of_classes() const override { return true; }
  std::optional<int64_t> label_classes(const Shape& y_pred) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// Parts of the cross-entropies that others are made of.
// Throws naming both shapes unless they are one.
void check_same_shape(const char* where, const Value& y_true, const Value& y_pred);
// Throws unless label_smoothing is a number from 0 to 1.
void check_smoothing(const char* where, double smoothing);
Value cut_probabilities(const Value& p);  // to [1e-7, 1 - 1e-7]
// Class indices as int64, y_pred's shape without the class axis; an axis of 1 in its place is
// dropped.
Value sparse_labels_of(const Value& y_true, const Value& y_pred, int axis, const char* where);
// What softmax (over the last axis) or sigmoid made this value from; no value if neither did.
Value logits_of(const Value& probabilities, const char* activation);

}  // namespace tutti::losses
