// Losses. A class gives the loss of each row (or element); reduction and weights are done here, with
// the global batch's counts, as Keras does them in one process.
#pragma once

#include <functional>

#include "core/base/registry.h"
#include "core/graph/value.h"

namespace tutti {

class Loss : public Configurable {
 public:
  static constexpr const char* category = "loss";
  using Function = std::function<Value(const Value& y_true, const Value& y_pred)>;

  explicit Loss(std::string reduction = "sum_over_batch_size") : reduction_(std::move(reduction)) {}

  // Per-row losses: y_pred's shape without its last axis.
  virtual Value call(const Value& y_true, const Value& y_pred) const = 0;
  // True if y_true holds class indices (labels may then be integers and are range-checked).
  virtual bool sparse_labels() const { return false; }

  // The reduced loss: a scalar, equal on all ranks ("none": what call gives, weighted).
  // sum_over_batch_size (the default) divides by the elements of the global batch, mean_with_sample_weight
  // by the weights' sum, `mean` is sum_over_batch_size's other name.
  Value operator()(const Value& y_true, const Value& y_pred, const Value& sample_weight = {}) const;

  const std::string& reduction() const { return reduction_; }

  // A C++ function of (y_true, y_pred) written in ops.
  static std::shared_ptr<Loss> from_function(Function function);

 private:
  std::string reduction_;
};

inline const std::vector<std::string> kReductions = {"sum_over_batch_size", "sum", "mean",
                                                     "mean_with_sample_weight", "none"};

}  // namespace tutti
