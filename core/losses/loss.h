// Losses. A class gives the loss of each row (or element); reduction and weights are done here,
// with the global batch's counts, as Keras does them in one process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/registry.h"
#include "core/graph/value.h"

namespace tutti {

inline const std::vector<std::string> kReductions = {"sum_over_batch_size", "sum", "mean",
                                                     "mean_with_sample_weight", "none"};

class Loss : public Configurable {
 public:
  static constexpr const char* category = "loss";
  using Function = std::function<Value(const Value& y_true, const Value& y_pred)>;

  explicit Loss(std::string reduction = "sum_over_batch_size");  // throws for an unknown one

  // Per-row losses: y_pred's shape without its last axis. y_true has the rank that
  // match_ranks (core/losses/match_ranks.h) gives it.
  virtual Value call(const Value& y_true, const Value& y_pred) const = 0;
  // True if y_true holds class indices (labels may then be integers).
  virtual bool sparse_labels() const { return false; }
  // True if it compares probabilities of classes, whatever form y_true has.
  virtual bool of_classes() const { return false; }
  // The number of classes beside a y_pred of this shape, where every label must be one of them,
  // unless y_true is of y_pred's shape.
  virtual std::optional<int64_t> label_classes(const Shape& y_pred) const {
    (void)y_pred;
    return std::nullopt;
  }
  // 1 where a label counts, 0 where it is to be left out; no value: all count.
  virtual Value mask(const Value& y_true, const Value& y_pred) const;

  // The reduced loss: a scalar, partial where rows were summed ("none": what call gives, weighted).
  // sum_over_batch_size (the default) divides by the elements of the global batch, `mean` is its
  // other name, mean_with_sample_weight divides by the weights' sum. A weight has one number a row,
  // or one for each loss. What y_pred's mask (mask_of) leaves out does not count.
  Value operator()(const Value& y_true, const Value& y_pred, const Value& sample_weight = {}) const;

  const std::string& reduction() const { return reduction_; }

  // A C++ function of (y_true, y_pred) written in ops.
  static std::shared_ptr<Loss> from_function(Function function);

 private:
  std::string reduction_;
};

// The options of a loss that takes nothing else.
struct ReductionOptions {
  std::string reduction = "sum_over_batch_size";
};

// A loss that keeps its options, `reduction` among them.
template <typename OptionsType>
class LossWith : public Loss {
 public:
  using Options = OptionsType;
  explicit LossWith(Options options = {}) : Loss(options.reduction), options_(std::move(options)) {}
  const Options& options() const { return options_; }

 protected:
  Options options_;
};

namespace losses {
// Keras's epsilon: what keeps quotients and logarithms finite.
inline constexpr double kEpsilon = 1e-7;
}  // namespace losses

// Declares the argument that all losses take; their options have `std::string reduction`.
inline constexpr auto declare_reduction = []<typename Builder>(Builder& builder) {
  builder.choice("reduction", &Builder::Options::reduction, kReductions,
                 "how the losses of a batch become one");
};

}  // namespace tutti
