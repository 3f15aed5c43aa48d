#include "core/layers/pooling.h"

#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/pooling.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"

namespace tutti {

PoolingLayer::PoolingLayer(Pooling pooling, size_t axes, const char* name, Options options)
    : pooling_(pooling), axes_(axes), options_(std::move(options)) {
  Extents strides = options_.strides.value_or(options_.pool_size), dilation = 1;
  resolve_windows(
      {axes, options_.pool_size, strides, dilation, options_.padding, options_.data_format}, name,
      "pool_size");
  options_.strides = strides;
}

std::vector<Value> PoolingLayer::call(const std::vector<Value>& inputs) {
  const Value x = channels_last(to_dtype(only(inputs)), options_.data_format, axes_, where());
  const Windows windows = padded_windows(spatial_shape(x.shape(), {}, axes_, where()).extents,
                                         options_.pool_size.values(), options_.strides->values(),
                                         std::vector<int64_t>(axes_, 1), options_.padding);
  const Value y = pooling_ == Pooling::max ? max_pool(x, windows) : average_pool(x, windows);
  return {channels_restored(y, options_.data_format)};
}

GlobalPoolingLayer::GlobalPoolingLayer(Pooling pooling, size_t axes, const char* name,
                                       Options options)
    : pooling_(pooling), axes_(axes), options_(std::move(options)) {
  check_data_format(options_.data_format, name);
}

std::vector<Value> GlobalPoolingLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  spatial_shape(x.shape(), options_.data_format, axes_, where());
  const int first = first_spatial_axis(options_.data_format);
  std::vector<int> axes;
  for (int axis = first; axis < first + static_cast<int>(axes_); ++axis) axes.push_back(axis);
  if (const Value mask = mask_of(inputs[0]); supports_masking() && mask.defined()) {
    const Value counts = expand_dims(mask, first == 1 ? 2 : 1);
    return {reduce_sum(select(counts, x, 0.0), axes, options_.keepdims) /
            reduce_sum(cast(counts, x.dtype()), axes, options_.keepdims)};
  }
  const auto reduce =
      pooling_ == Pooling::max
          ? static_cast<Value (*)(const Value&, std::vector<int>, bool)>(reduce_max)
          : static_cast<Value (*)(const Value&, std::vector<int>, bool)>(reduce_mean);
  return {reduce(x, axes, options_.keepdims)};
}

AdaptivePoolingLayer::AdaptivePoolingLayer(Pooling pooling, size_t axes, const char* name,
                                           Options options)
    : pooling_(pooling), axes_(axes), options_(std::move(options)) {
  check_data_format(options_.data_format, name);
  options_.output_size = Extents(options_.output_size.of(axes, name, "output_size"));
}

std::vector<Value> AdaptivePoolingLayer::call(const std::vector<Value>& inputs) {
  Value x = channels_last(to_dtype(only(inputs)), options_.data_format, axes_, where());
  for (size_t i = 0; i < axes_; ++i) {  // windows are boxes: one axis after another
    const int axis = static_cast<int>(i) + 1;
    const int64_t extent = x.shape()[axis], size = options_.output_size.values()[i];
    std::vector<Value> bins;
    for (int64_t o = 0; o < size; ++o) {
      const Value bin = slice(x, axis, o * extent / size, ((o + 1) * extent + size - 1) / size);
      bins.push_back(pooling_ == Pooling::max ? reduce_max(bin, {axis}, true)
                                              : reduce_mean(bin, {axis}, true));
    }
    x = concatenate(bins, axis);
  }
  return {channels_restored(x, options_.data_format)};
}

inline constexpr auto declare_rest_of_pooling = [](auto& builder) {
  builder
      .argument("strides", &PoolingOptions::strides, "from one window to the next; none: pool_size")
      .argument("padding", &PoolingOptions::padding, "valid, or same: windows reach over the edge")
      .argument("data_format", &PoolingOptions::data_format, "channels_last or channels_first");
};
inline constexpr auto declare_max_pooling = [](auto& builder) {
  builder.argument("pool_size", &PoolingOptions::pool_size, "elements of a window along each axis")
      .with(declare_rest_of_pooling);
};
inline constexpr auto declare_average_pooling = [](auto& builder) {
  builder.required("pool_size", &PoolingOptions::pool_size, "elements of a window along each axis")
      .with(declare_rest_of_pooling);
};
inline constexpr auto declare_global_pooling = [](auto& builder) {
  builder
      .argument("data_format", &GlobalPoolingOptions::data_format,
                "channels_last or channels_first")
      .argument("keepdims", &GlobalPoolingOptions::keepdims, "leave spatial axes of 1");
};
inline constexpr auto declare_adaptive_pooling = [](auto& builder) {
  builder.required("output_size", &AdaptivePoolingOptions::output_size, "extents of the output")
      .argument("data_format", &AdaptivePoolingOptions::data_format,
                "channels_last or channels_first");
};

TUTTI_REGISTER(Layer, MaxPooling1DLayer, "MaxPooling1D", "the largest of each window")
    .with(declare_max_pooling)
    .alias("MaxPool1D");
TUTTI_REGISTER(Layer, AveragePooling1DLayer, "AveragePooling1D", "the mean of each window")
    .with(declare_average_pooling)
    .alias("AvgPool1D");
TUTTI_REGISTER(Layer, GlobalMaxPooling1DLayer, "GlobalMaxPooling1D", "the largest of each channel")
    .with(declare_global_pooling)
    .alias("GlobalMaxPool1D");
TUTTI_REGISTER(Layer, GlobalAveragePooling1DLayer, "GlobalAveragePooling1D",
               "the mean of each channel")
    .with(declare_global_pooling)
    .alias("GlobalAvgPool1D");
TUTTI_REGISTER(Layer, AdaptiveMaxPooling1DLayer, "AdaptiveMaxPooling1D",
               "the largest of each of so many parts")
    .with(declare_adaptive_pooling);
TUTTI_REGISTER(Layer, AdaptiveAveragePooling1DLayer, "AdaptiveAveragePooling1D",
               "the mean of each of so many parts")
    .with(declare_adaptive_pooling);
TUTTI_REGISTER(Layer, MaxPooling2DLayer, "MaxPooling2D", "the largest of each window")
    .with(declare_max_pooling)
    .alias("MaxPool2D");
TUTTI_REGISTER(Layer, AveragePooling2DLayer, "AveragePooling2D", "the mean of each window")
    .with(declare_average_pooling)
    .alias("AvgPool2D");
TUTTI_REGISTER(Layer, GlobalMaxPooling2DLayer, "GlobalMaxPooling2D", "the largest of each channel")
    .with(declare_global_pooling)
    .alias("GlobalMaxPool2D");
TUTTI_REGISTER(Layer, GlobalAveragePooling2DLayer, "GlobalAveragePooling2D",
               "the mean of each channel")
    .with(declare_global_pooling)
    .alias("GlobalAvgPool2D");
TUTTI_REGISTER(Layer, AdaptiveMaxPooling2DLayer, "AdaptiveMaxPooling2D",
               "the largest of each of so many parts")
    .with(declare_adaptive_pooling);
TUTTI_REGISTER(Layer, AdaptiveAveragePooling2DLayer, "AdaptiveAveragePooling2D",
               "the mean of each of so many parts")
    .with(declare_adaptive_pooling);
TUTTI_REGISTER(Layer, MaxPooling3DLayer, "MaxPooling3D", "the largest of each window")
    .with(declare_max_pooling)
    .alias("MaxPool3D");
TUTTI_REGISTER(Layer, AveragePooling3DLayer, "AveragePooling3D", "the mean of each window")
    .with(declare_average_pooling)
    .alias("AvgPool3D");
TUTTI_REGISTER(Layer, GlobalMaxPooling3DLayer, "GlobalMaxPooling3D", "the largest of each channel")
    .with(declare_global_pooling)
    .alias("GlobalMaxPool3D");
TUTTI_REGISTER(Layer, GlobalAveragePooling3DLayer, "GlobalAveragePooling3D",
               "the mean of each channel")
    .with(declare_global_pooling)
    .alias("GlobalAvgPool3D");
TUTTI_REGISTER(Layer, AdaptiveMaxPooling3DLayer, "AdaptiveMaxPooling3D",
               "the largest of each of so many parts")
    .with(declare_adaptive_pooling);
TUTTI_REGISTER(Layer, AdaptiveAveragePooling3DLayer, "AdaptiveAveragePooling3D",
               "the mean of each of so many parts")
    .with(declare_adaptive_pooling);

}  // namespace tutti
