#include "core/layers/quantization.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/one_hot.h"
#include "core/ops/quantize.h"
#include "core/ops/reshape.h"
#include "core/ops/take.h"
#include "core/ops/transpose.h"

namespace tutti {

AbsMaxQuantizer::AbsMaxQuantizer(Options options) : options_(std::move(options)) {
  const auto& range = options_.value_range;
  if (range.size() != 2 || range[0] < -128 || range[1] > 127 || range[0] > 0 || range[1] <= 0)
    fail("AbsMaxQuantizer", "value_range {} is none of bytes around 0; use [-127, 127]",
         to_string(write_config(range)));
  if (options_.output_dtype != "int8")
    fail("AbsMaxQuantizer", "output_dtype is '{}'; int8 alone is known", options_.output_dtype);
  if (!(options_.epsilon > 0))
    fail("AbsMaxQuantizer", "epsilon is {}; use more than 0", options_.epsilon);
}

namespace {

void check_weights(const char* where, const Ref<Quantizer>& quantizer) {
  if (quantizer)
    fail(where, "weight_quantizer is known as null alone, the layer's own choice; leave it out");
}

const AbsMaxQuantizer* abs_max(const Ref<Quantizer>& quantizer) {
  return dynamic_cast<const AbsMaxQuantizer*>(quantizer.pointer().get());
}

// Sums of whole numbers below 2^24 are exact in f32.
constexpr double kExactF32 = 1 << 24;

}  // namespace

Int8QuantizationConfig::Int8QuantizationConfig(Options options) : options_(std::move(options)) {
  check_weights("Int8QuantizationConfig", options_.weight_quantizer);
}
const AbsMaxQuantizer* Int8QuantizationConfig::activations() const {
  return abs_max(options_.activation_quantizer);
}

Int4QuantizationConfig::Int4QuantizationConfig(Options options) : options_(std::move(options)) {
  check_weights("Int4QuantizationConfig", options_.weight_quantizer);
  const int64_t size = options_.block_size.value_or(-1);
  if (size < 1 && size != -1)
    fail("Int4QuantizationConfig", "block_size is {}; use 1 or more, or null for whole channels",
         size);
  if (size > 0 && options_.activation_quantizer)
    fail(
        "Int4QuantizationConfig",
        "blocks quantize weights alone; leave activation_quantizer out, or set block_size to null");
}
const AbsMaxQuantizer* Int4QuantizationConfig::activations() const {
  return abs_max(options_.activation_quantizer);
}

int64_t QuantizedWeight::summed_extent() const {
  int64_t extent = 1;
  for (const int axis : form_.summed) extent *= form_.shape[axis];
  return extent;
}

QuantizedWeight::Part QuantizedWeight::numbers_part() {
  std::vector<int64_t> dims = form_.shape.dims();
  if (quantization_.bits == 4) {
    int64_t& extent = dims[static_cast<size_t>(form_.packed)];
    extent = (extent + 1) / 2;
  }
  return {form_.name, Shape(std::move(dims)), DType::i8, &numbers_};
}

std::vector<QuantizedWeight::Part> QuantizedWeight::scale_parts() {
  if (!quantization_.blocks()) return {{form_.name + "_scale", form_.scale, DType::f32, &scale_}};
  std::vector<int64_t> dims = form_.shape.dims();
  int64_t& blocks = dims[static_cast<size_t>(form_.summed[0])];
  blocks = (blocks + quantization_.block_size - 1) / quantization_.block_size;
  const Shape shape(std::move(dims));
  std::vector<Part> parts{{form_.name + "_scale", shape, DType::f32, &scale_},
                          {form_.name + "_zero", shape, form_.zero, &zero_}};
  if (!groups_) parts.push_back({"g_idx", {summed_extent()}, DType::f32, &groups_});
  return parts;
}

void QuantizedWeight::quantize(const Tensor& weight) {
  const Value plain(weight.to_host().reshape(form_.shape));
  const auto set = [](const VariablePtr& variable, const Value& value) {
    variable->set_value(evaluate(value).to(variable->dtype()));
  };
  const auto packed = [&](const Value& numbers) {
    return quantization_.bits == 4 ? pack_int4(numbers, form_.packed) : numbers;
  };
  if (quantization_.blocks()) {
    const bool turned = form_.summed[0] == 1;
    const auto upright = [&](const Value& v) { return turned ? transpose(v) : v; };
    const auto made = quantize_blocks(upright(plain), quantization_.block_size);
    set(numbers_, packed(upright(made.numbers)));
    set(scale_, upright(made.scale));
    set(zero_, upright(made.zero));
    std::vector<float> block;
    for (int64_t i = 0; i < summed_extent(); ++i)
      block.push_back(static_cast<float>(i / quantization_.block_size));
    set(groups_, Value(Tensor::from(block, {summed_extent()})));
    return;
  }
  const double high = quantization_.bits == 4 ? 7 : 127, low = quantization_.bits == 4 ? -8 : -127;
  const auto made = quantize_abs_max(plain, form_.summed, low, high);
  set(numbers_, packed(made.numbers));
  Value scale = made.scale;
  if (!form_.channels.empty()) {
    std::vector<int> order = form_.summed;
    order.insert(order.end(), form_.channels.begin(), form_.channels.end());
    scale = transpose(scale, order);
  }
  set(scale_, reshape(scale, form_.scale));
}

Value QuantizedWeight::numbers(DType dtype) const {
  if (quantization_.bits == 8) return cast(numbers_->read(), dtype);
  return unpack_int4(numbers_->read(), form_.packed, form_.shape[form_.packed], dtype);
}

// Which block a place belongs to, as a product that is exact: one block's number and zeros.
namespace {
Value block_marks(const VariablePtr& groups, int64_t blocks, DType dtype) {
  const AutocastScope as_stored(std::nullopt);
  return cast(one_hot(cast(groups->read(), DType::i64), blocks), dtype);
}
}  // namespace

Value QuantizedWeight::plain(DType dtype) const {
  if (!quantization_.blocks()) return numbers(dtype) / cast(scale_->read(), dtype);
  const int summed = form_.summed[0];
  const Value marks = block_marks(groups_, scale_->shape()[summed], dtype);
  const auto spread = [&](const VariablePtr& variable) {
    const Value value = cast(variable->read(), dtype);
    return summed == 0 ? matmul(marks, value) : matmul(value, marks, false, true);
  };
  return (numbers(dtype) - spread(zero_)) * spread(scale_);
}

Value QuantizedWeight::whole_product(const QuantizedProduct& of,
                                     const AbsMaxQuantizer& activations) const {
  const DType dtype = of.x.dtype();
  const auto& o = activations.options();
  const auto x = quantize_abs_max(of.x, of.summed, o.value_range[0], o.value_range[1], o.epsilon);
  if (!form_.scales_product) return of.product(x.numbers, plain(dtype)) / of.beside(x.scale);
  const double most = (quantization_.bits == 4 ? 8 : 127) *
                      std::max(-o.value_range[0], o.value_range[1]) *
                      static_cast<double>(summed_extent());
  const DType exact = most < kExactF32 ? DType::f32 : DType::f64;
  const Value y = of.product(cast(x.numbers, exact), numbers(exact));
  return cast(y, dtype) / (cast(scale_->read(), dtype) * of.beside(x.scale));
}

Value QuantizedWeight::product(const QuantizedProduct& of,
                               const AbsMaxQuantizer* activations) const {
  const DType dtype = of.x.dtype();
  if (quantization_.blocks() || (!form_.scales_product && !activations))
    return of.product(of.x, plain(dtype));
  if (activations) return whole_product(of, *activations);
  return of.product(of.x, numbers(dtype)) / cast(scale_->read(), dtype);
}

Value QuantizedWeight::rows(const Value& channels, DType dtype) const {
  const auto taken = [&](const VariablePtr& variable) {
    const AutocastScope as_stored(std::nullopt);
    return cast(take(variable->read(), channels), dtype);
  };
  Value numbers = take(numbers_->read(), channels);
  numbers = quantization_.bits == 8 ? cast(numbers, dtype)
                                    : unpack_int4(numbers, -1, form_.shape[1], dtype);
  if (!quantization_.blocks()) return numbers / expand_dims(taken(scale_), -1);
  const Value marks = block_marks(groups_, scale_->shape()[1], dtype);
  const auto spread = [&](const Value& value) { return matmul(value, marks, false, true); };
  return (numbers - spread(taken(zero_))) * spread(taken(scale_));
}

TUTTI_REGISTER(Quantizer, AbsMaxQuantizer, "AbsMaxQuantizer",
               "the largest magnitude becomes the end of the range")
    .argument("axis", &AbsMaxQuantizerOptions::axis, "layers give their own")
    .argument("value_range", &AbsMaxQuantizerOptions::value_range, "lowest and highest number")
    .argument("epsilon", &AbsMaxQuantizerOptions::epsilon, "added to the largest magnitude")
    .argument("output_dtype", &AbsMaxQuantizerOptions::output_dtype, "int8");

TUTTI_REGISTER(QuantizationConfig, Int8QuantizationConfig, "Int8QuantizationConfig",
               "a byte for a weight")
    .argument("weight_quantizer", &Int8QuantizationOptions::weight_quantizer, "null: the layer's")
    .argument("activation_quantizer", &Int8QuantizationOptions::activation_quantizer,
              "of what products take; null: weights alone are quantized")
    .alias("int8");
TUTTI_REGISTER(QuantizationConfig, Int4QuantizationConfig, "Int4QuantizationConfig",
               "two weights in a byte")
    .argument("weight_quantizer", &Int4QuantizationOptions::weight_quantizer, "null: the layer's")
    .argument("activation_quantizer", &Int4QuantizationOptions::activation_quantizer,
              "of what products take; null: weights alone are quantized")
    .argument("block_size", &Int4QuantizationOptions::block_size,
              "how many weights share a scale and a zero; null: a channel, without zero")
    .alias("int4");

}  // namespace tutti
