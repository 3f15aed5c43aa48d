#include "core/layers/reshaping.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/base/extents.h"
#include "core/ops/resample.h"
#include "core/ops/reshape.h"
#include "core/ops/transpose.h"

namespace tutti {

FlattenLayer::FlattenLayer(Options options) : options_(std::move(options)) {
  const auto& format = options_.data_format;
  if (format && *format != "channels_last" && *format != "channels_first")
    fail("Flatten", "data_format '{}' is unknown; use channels_last or channels_first", *format);
}

std::vector<Value> FlattenLayer::call(const std::vector<Value>& inputs) {
  Value x = only(inputs);
  if (x.shape().rank() == 0) fail(where(), "takes rows, got a scalar; give it a batch");
  if (options_.data_format == "channels_first" && x.shape().rank() > 2) {
    std::vector<int> order(static_cast<size_t>(x.shape().rank()));
    std::iota(order.begin(), order.end(), 0);
    std::rotate(order.begin() + 1, order.begin() + 2, order.end());
    x = transpose(x, order);
  }
  return {reshape(x, {x.shape()[0], x.shape().elements_per_row()})};
}

ReshapeLayer::ReshapeLayer(Options options) : options_(std::move(options)) {
  const auto& shape = options_.target_shape;
  const bool open = std::count(shape.begin(), shape.end(), -1) <= 1;
  if (!open || std::any_of(shape.begin(), shape.end(), [](int64_t n) { return n < -1; }))
    fail("Reshape", "target_shape [{}] is no shape; use extents of 0 or more and at most one -1",
         fmt::join(shape, ", "));
}

std::vector<Value> ReshapeLayer::call(const std::vector<Value>& inputs) {
  const Value& x = only(inputs);
  if (x.shape().rank() == 0) fail(where(), "takes rows, got a scalar; give it a batch");
  const int64_t have = x.shape().elements_per_row();
  std::vector<int64_t> dims = options_.target_shape;
  const auto open = std::find(dims.begin(), dims.end(), -1);
  std::vector<int64_t> given = dims;
  std::erase(given, -1);
  int64_t known = extent_product(given);
  if (open != dims.end() && known > 0 && have % known == 0) {
    *open = have / known;
    known = have;
  }
  if (known != have || (open != dims.end() && *open == -1))
    fail(where(), "cannot give {} elements of a row of {} the shape [{}]; make the products equal",
         have, to_string(x.shape()), fmt::join(options_.target_shape, ", "));
  return {reshape(x, Shape(std::move(dims)).stacked(x.shape()[0]))};
}

PermuteLayer::PermuteLayer(Options options) : options_(std::move(options)) {
  std::vector<int> sorted = options_.dims;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] != static_cast<int>(i) + 1)
      fail("Permute", "dims [{}] must hold each number from 1 to {} once: axes after the rows",
           fmt::join(options_.dims, ", "), sorted.size());
}

std::vector<Value> PermuteLayer::call(const std::vector<Value>& inputs) {
  const Value& x = only(inputs);
  if (x.shape().rank() != static_cast<int>(options_.dims.size()) + 1)
    fail(where(), "dims [{}] are for rows of {} axes, got {}; name all axes after the rows",
         fmt::join(options_.dims, ", "), options_.dims.size(), to_string(x.shape()));
  std::vector<int> order{0};
  order.insert(order.end(), options_.dims.begin(), options_.dims.end());
  return {transpose(x, order)};
}

RepeatVectorLayer::RepeatVectorLayer(Options options) : options_(options) {
  if (options_.n < 1) fail("RepeatVector", "n is {}; use one or more", options_.n);
}

std::vector<Value> RepeatVectorLayer::call(const std::vector<Value>& inputs) {
  const Value& x = only(inputs);
  if (x.shape().rank() != 2)
    fail(where(), "takes (rows, width), got {}; Flatten it", to_string(x.shape()));
  return {repeat(expand_dims(x, 1), options_.n, 1)};
}

TUTTI_REGISTER(Layer, FlattenLayer, "Flatten", "all axes after the rows as one")
    .argument("data_format", &FlattenOptions::data_format, "channels_last or channels_first");
TUTTI_REGISTER(Layer, ReshapeLayer, "Reshape", "the same elements in another shape")
    .required("target_shape", &ReshapeOptions::target_shape, "without rows; one extent may be -1");
TUTTI_REGISTER(Layer, PermuteLayer, "Permute", "axes in another order")
    .required("dims", &PermuteOptions::dims, "the axes after the rows, counted from 1");
TUTTI_REGISTER(Layer, RepeatVectorLayer, "RepeatVector", "each row several times in a row")
    .required("n", &RepeatVectorOptions::n, "how often");

}  // namespace tutti
