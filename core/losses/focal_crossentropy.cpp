#include "core/losses/focal_crossentropy.h"

#include "core/losses/crossentropy.h"
#include "core/losses/regression.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/softmax.h"

namespace tutti::losses {

BinaryFocalCrossentropy::BinaryFocalCrossentropy(Options options) : LossWith(std::move(options)) {
  check_smoothing("BinaryFocalCrossentropy", options_.label_smoothing);
}

Value BinaryFocalCrossentropy::call(const Value& y_true, const Value& y_pred) const {
  check_same_shape("BinaryFocalCrossentropy", y_true, y_pred);
  Value target = cast(y_true, y_pred.dtype());
  const double smoothing = options_.label_smoothing;
  if (smoothing != 0) target = target * (1.0 - smoothing) + 0.5 * smoothing;
  const Value p = options_.from_logits ? sigmoid(y_pred) : y_pred;
  const Value logits = options_.from_logits ? y_pred : logits_of(y_pred, "sigmoid");
  const Value cut = cut_probabilities(p);
  const Value entropy = logits.defined() ? softplus(logits) - target * logits
                                         : -(target * log(cut) + (1.0 - target) * log(1.0 - cut));
  const Value given = target * p + (1.0 - target) * (1.0 - p);
  Value focal = pow(1.0 - given, options_.gamma) * entropy;
  if (options_.apply_class_balancing)
    focal = (target * options_.alpha + (1.0 - target) * (1.0 - options_.alpha)) * focal;
  return mean_over_last(focal, options_.axis);
}

CategoricalFocalCrossentropy::CategoricalFocalCrossentropy(Options options)
    : LossWith(std::move(options)) {
  check_smoothing("CategoricalFocalCrossentropy", options_.label_smoothing);
}

Value CategoricalFocalCrossentropy::call(const Value& y_true, const Value& y_pred) const {
  check_same_shape("CategoricalFocalCrossentropy", y_true, y_pred);
  Value target = cast(y_true, y_pred.dtype());
  const double smoothing = options_.label_smoothing;
  if (smoothing != 0)
    target = target * (1.0 - smoothing) + smoothing / static_cast<double>(target.shape()[-1]);
  const Value given = options_.from_logits ? softmax(y_pred, options_.axis) : y_pred;
  const Value p = cut_probabilities(given / reduce_sum(given, {options_.axis}, true));
  const Value focal = options_.alpha * pow(1.0 - p, options_.gamma) * (-target * log(p));
  return reduce_sum(focal, {options_.axis});
}

inline constexpr auto declare_focus = []<typename Builder>(Builder& builder) {
  using Options = typename Builder::Options;
  builder.argument("gamma", &Options::gamma, "how much what is easy is left aside")
      .argument("from_logits", &Options::from_logits, "y_pred holds logits, not probabilities")
      .argument("label_smoothing", &Options::label_smoothing,
                "part of each label spread over all classes")
      .argument("axis", &Options::axis, "of the classes")
      .with(declare_reduction);
};
TUTTI_REGISTER(Loss, BinaryFocalCrossentropy, "BinaryFocalCrossentropy",
               "of labels 0 and 1, times (1 - p)^gamma")
    .argument("apply_class_balancing", &BinaryFocalCrossentropyOptions::apply_class_balancing,
              "whether to weigh labels 1 by alpha and labels 0 by 1 - alpha")
    .argument("alpha", &BinaryFocalCrossentropyOptions::alpha, "weight of labels 1")
    .with(declare_focus);
TUTTI_REGISTER(Loss, CategoricalFocalCrossentropy, "CategoricalFocalCrossentropy",
               "of one-hot labels, times alpha (1 - p)^gamma")
    .argument("alpha", &CategoricalFocalCrossentropyOptions::alpha, "factor of the loss")
    .with(declare_focus);

}  // namespace tutti::losses
