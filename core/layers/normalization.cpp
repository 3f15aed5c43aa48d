#include "core/layers/normalization.h"

#include "core/base/error.h"
#include "core/initializers/constant.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"

namespace tutti {

NormalizationLayer::NormalizationLayer(Options options) : options_(std::move(options)) {
  if (options_.mean.has_value() != options_.variance.has_value())
    fail("Normalization", "mean and variance go together; give both or call adapt()");
  if (options_.mean && options_.mean->elements() != options_.variance->elements())
    fail("Normalization", "mean has {} numbers, variance {}; give as many of both",
         options_.mean->elements(), options_.variance->elements());
}

void NormalizationLayer::prepare(const Shape& input) {
  kept_.assign(static_cast<size_t>(input.rank()), false);
  for (const int axis : options_.axis.value_or(std::vector<int>{}))
    kept_[static_cast<size_t>(normalize_axis(axis, input.rank(), where().c_str()))] = true;
  if (!kept_.empty() && kept_[0])
    fail(where(), "axis 0 of {} is the rows, whose number is open; name other axes",
         to_string(input));
  std::vector<int64_t> kept, wide;
  for (int axis = 1; axis < input.rank(); ++axis) {
    const bool keep = kept_[static_cast<size_t>(axis)];
    if (keep) kept.push_back(input[axis]);
    wide.push_back(keep ? input[axis] : 1);
  }
  statistics_ = Shape(std::move(kept));
  broadcast_ = Shape(std::move(wide));
}

void NormalizationLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1 || inputs[0].rank() == 0)
    fail(where(), "takes one input with rows, got {}; call it on one value", inputs.size());
  prepare(inputs[0]);
  if (options_.mean) return;
  const bool learnt = learnt_mean_.defined();
  Ref<Initializer> mean = "zeros", variance = "ones";
  if (learnt) mean = Constant(NumberArray(learnt_mean_));
  if (learnt) variance = Constant(NumberArray(learnt_variance_));
  mean_ = add_weight("mean", statistics_, mean, nullptr, false);
  variance_ = add_weight("variance", statistics_, variance, nullptr, false);
  add_weight("count", {}, "zeros", nullptr, false, DType::i32);  // as Keras's files have it
}

Tensor NormalizationLayer::given(const NumberArray& array, const char* name) const {
  const Tensor values = array.values().to(dtype());
  if (array.elements() == 1) return values.reshape({});
  if (array.elements() != statistics_.elements())
    fail(where(), "{} has {} numbers, the input {} places along the axis; give one number or {}",
         name, array.elements(), statistics_.elements(), statistics_.elements());
  return values.reshape(broadcast_);
}

std::vector<Value> NormalizationLayer::call(const std::vector<Value>& inputs) {
  constexpr double epsilon = 1e-7;  // Keras's: a constant column becomes 0, not NaN
  const Value x = to_dtype(only(inputs));
  Value mean, variance;
  if (options_.mean) {
    mean = Value(given(*options_.mean, "mean"));
    variance = Value(given(*options_.variance, "variance"));
  } else {
    mean = reshape(mean_->read(), broadcast_);
    variance = reshape(variance_->read(), broadcast_);
  }
  const Value deviation = maximum(sqrt(variance), epsilon);
  return {options_.invert ? mean + x * deviation : (x - mean) / deviation};
}

void NormalizationLayer::adapt(const Tensor& data) {
  if (options_.mean) fail(where(), "has a given mean and variance; leave them out to adapt()");
  if (data.shape().rank() == 0 || data.elements() == 0)
    fail(where(), "adapt() needs data, got shape {}; give it rows", to_string(data.shape()));
  if (!built()) prepare(data.shape());
  if (data.shape().tail().rank() != broadcast_.rank())
    fail(where(), "adapt() got data of shape {}, the layer was built for {} axes; give it the same",
         to_string(data.shape()), broadcast_.rank() + 1);
  for (int axis = 0; axis < broadcast_.rank(); ++axis)
    if (kept_[static_cast<size_t>(axis) + 1] && broadcast_[axis] != data.shape()[axis + 1])
      fail(where(),
           "adapt() got data of shape {}, the layer was built for width {}; give it the same",
           to_string(data.shape()), broadcast_[axis]);
  const auto values = data.to_vector<double>();
  // The place in the statistics of each element of a row.
  std::vector<size_t> place(values.size() / static_cast<size_t>(data.rows()), 0);
  for (size_t i = 0; i < place.size(); ++i) {
    size_t rest = i, stride = 1;
    for (int axis = broadcast_.rank(); axis-- > 0;) {
      const auto extent = static_cast<size_t>(data.shape()[axis + 1]);
      if (kept_[static_cast<size_t>(axis) + 1]) {
        place[i] += rest % extent * stride;
        stride *= extent;
      }
      rest /= extent;
    }
  }
  const auto places = static_cast<size_t>(statistics_.elements());
  const double count = static_cast<double>(values.size()) / static_cast<double>(places);
  std::vector<double> mean(places, 0.0), variance(places, 0.0);
  for (size_t i = 0; i < values.size(); ++i) mean[place[i % place.size()]] += values[i] / count;
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t p = place[i % place.size()];
    variance[p] += (values[i] - mean[p]) * (values[i] - mean[p]) / count;
  }
  learnt_mean_ = Tensor::from(mean, statistics_);
  learnt_variance_ = Tensor::from(variance, statistics_);
  if (!built()) {
    std::vector<int64_t> dims = data.shape().dims();
    dims[0] = kRows;
    return build_for({Shape(std::move(dims))});  // with these
  }
  mean_->set_value(learnt_mean_.to(dtype()));
  variance_->set_value(learnt_variance_.to(dtype()));
}

TUTTI_REGISTER(Layer, NormalizationLayer, "Normalization", "(x - mean) / sqrt(variance)")
    .argument("axis", &NormalizationOptions::axis, "axes with statistics of their own; null: none")
    .argument("mean", &NormalizationOptions::mean, "given mean; none: adapt() computes it")
    .argument("variance", &NormalizationOptions::variance, "given variance")
    .argument("invert", &NormalizationOptions::invert, "undo a normalization");

}  // namespace tutti
