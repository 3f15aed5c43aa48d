// Convolutions and poolings. ONNX's are channels-first, ours channels-last.
#include <algorithm>
#include <limits>
#include <numeric>

#include "core/ops/convolution.h"
#include "core/ops/elementwise.h"
#include "core/ops/pad.h"
#include "core/ops/pooling.h"
#include "core/ops/reduce.h"
#include "core/ops/resample.h"
#include "core/ops/reshape.h"
#include "core/ops/transpose.h"
#include "io/onnx/import/operator.h"

namespace tutti::onnx {
namespace {

using Meanings = std::vector<Meaning>;
using Ints = std::vector<int64_t>;

std::vector<int> rotated(int rank, bool to_last) {
  std::vector<int> order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  if (to_last)
    std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  else
    std::rotate(order.begin() + 1, order.end() - 1, order.end());
  return order;
}

// The input (rows, channels, s..), channels last; throws for others.
Value spatial_input(const Operator& op) {
  const Value& x = op.value(0);
  if (x.shape().rank() < 3 || x.shape().rank() > 5 || x.kind() != ValueKind::row)
    op.refuse("takes rows, channels and one to three axes, got {}", to_string(x.shape()));
  return transpose(x, rotated(x.shape().rank(), true));
}
Meanings channels_first_again(const Value& y) {
  return {transpose(y, rotated(y.shape().rank(), false))};
}

// Keras's "same": what is odd after; SAME_LOWER: before.
void pad_to_same(Windows& w, const Ints& extents, bool odd_before) {
  for (size_t i = 0; i < extents.size(); ++i) {
    const int64_t reach = (w.size[i] - 1) * w.dilation[i] + 1,
                  positions = (extents[i] + w.stride[i] - 1) / w.stride[i];
    const int64_t total = std::max<int64_t>(0, (positions - 1) * w.stride[i] + reach - extents[i]);
    w.before[i] = odd_before ? total - total / 2 : total / 2;
    w.after[i] = total - w.before[i];
  }
}

Windows windows_of(const Operator& op, const Ints& extents, const Ints& size) {
  const size_t axes = extents.size();
  const Ints ones(axes, 1), pads = op.integers("pads", Ints(2 * axes, 0));
  Windows w{op.integers("kernel_shape", size),
            op.integers("strides", ones),
            op.integers("dilations", ones),
            {},
            {}};
  const auto sound = [&](const Ints& list, size_t count, int64_t least) {
    return list.size() == count &&
           std::ranges::all_of(list, [&](int64_t n) { return n >= least && n < (1 << 24); });
  };
  if (!sound(w.size, axes, 1) || !sound(w.stride, axes, 1) || !sound(w.dilation, axes, 1) ||
      !sound(pads, 2 * axes, 0))
    op.refuse(
        "kernel_shape, strides, dilations and pads do not fit {} axes; export the model again",
        axes);
  w.before.assign(pads.begin(), pads.begin() + static_cast<int64_t>(axes));
  w.after.assign(pads.begin() + static_cast<int64_t>(axes), pads.end());
  const std::string automatic = op.text("auto_pad", "NOTSET");
  if (automatic.starts_with("SAME_")) pad_to_same(w, extents, automatic == "SAME_LOWER");
  return w;
}

// What windows see side by side must fit in memory, row by row.
const Windows& bounded(const Operator& op, const Windows& w, const Ints& extents,
                       int64_t channels) {
  constexpr double most = 1 << 28;
  double elements = static_cast<double>(channels);
  const Ints positions = w.positions(extents, "onnx");
  for (size_t i = 0; i < extents.size(); ++i)
    elements *= static_cast<double>(positions[i]) * static_cast<double>(w.size[i]);
  if (elements > most)
    op.refuse("takes {:.0f} elements of windows for one row, at most 2^28 are; use smaller windows",
              elements);
  return w;
}

Ints extents_of_axes(const Value& x) {
  return {x.shape().dims().begin() + 1, x.shape().dims().end() - 1};
}

Value plus_bias(const Operator& op, const Value& y) { return op.has(2) ? y + op.value(2) : y; }

// The kernel (a, b, k..) with its axes in another order.
Value kernel_as(const Operator& op, std::initializer_list<int> tail) {
  std::vector<int> order;
  for (int i = 2; i < op.value(1).shape().rank(); ++i) order.push_back(i);
  order.insert(order.end(), tail);
  return transpose(op.value(1), order);
}

void check_kernel_rank(const Operator& op, const Value& x) {
  if (op.value(1).shape().rank() != x.shape().rank() || op.value(1).kind() != ValueKind::same)
    op.refuse("has a kernel of {} for an input of {} axes; export the model again",
              to_string(op.value(1).shape()), x.shape().rank());
}

Meanings read_conv(const Operator& op) {
  const Value x = spatial_input(op);
  check_kernel_rank(op, x);
  const auto& kernel = op.value(1).shape().dims();
  const Windows w = windows_of(op, extents_of_axes(x), {kernel.begin() + 2, kernel.end()});
  const int64_t groups = op.integer("group", 1), channels = x.shape()[-1];
  if (groups < 1 || channels % groups != 0 || kernel[1] != channels / groups ||
      kernel[0] % groups != 0 || groups > 4096)
    op.refuse("has {} groups, {} channels and a kernel of {}; export the model again", groups,
              channels, to_string(op.value(1).shape()));
  bounded(op, w, extents_of_axes(x), channels);
  op.spend(kernel[1] == 1 ? 1 : groups);
  if (groups == 1 || kernel[1] != 1)
    return channels_first_again(plus_bias(op, convolution(x, kernel_as(op, {1, 0}), w, groups)));
  Ints dims = w.size;
  dims.insert(dims.end(), {channels, kernel[0] / channels});
  const Value each = reshape(kernel_as(op, {0, 1}), Shape(std::move(dims)));
  return channels_first_again(plus_bias(op, depthwise_convolution(x, each, w)));
}

Meanings read_conv_transpose(const Operator& op) {
  const Value x = spatial_input(op);
  check_kernel_rank(op, x);
  const auto& kernel = op.value(1).shape().dims();
  const Ints inputs = extents_of_axes(x);
  if (op.integer("group", 1) != 1) op.refuse("has {} groups; one is read", op.integer("group", 1));
  if (op.attribute("output_shape") || op.text("auto_pad", "NOTSET").starts_with("SAME_"))
    op.refuse("leaves its padding open; export it with pads");
  const Windows w = windows_of(op, inputs, {kernel.begin() + 2, kernel.end()});
  const Ints more = op.integers("output_padding", Ints(inputs.size(), 0));
  Ints extents;
  for (size_t i = 0; i < inputs.size(); ++i)
    extents.push_back((inputs[i] - 1) * w.stride[i] + (w.size[i] - 1) * w.dilation[i] + 1 -
                      w.before[i] - w.after[i] + more.at(i));
  if (std::ranges::min(extents) < 1)
    op.refuse("cuts away all of its output; export the model again");
  bounded(op, w, extents, kernel[1]);
  return channels_first_again(
      plus_bias(op, convolution_transpose(x, kernel_as(op, {1, 0}), w, extents)));
}

// With ceil_mode the last window may begin inside the input or its padding before.
void round_up(Windows& w, const Ints& extents) {
  for (size_t i = 0; i < extents.size(); ++i) {
    const int64_t free =
        extents[i] + w.before[i] + w.after[i] - (w.size[i] - 1) * w.dilation[i] - 1;
    const int64_t last = (free + w.stride[i] - 1) / w.stride[i] * w.stride[i];
    if (last > free && last < extents[i] + w.before[i]) w.after[i] += last - free;
  }
}

Meanings read_max_pool(const Operator& op) {
  const Value x = spatial_input(op);
  if (op.outputs() != 1) op.refuse("gives indices too; only the values are read");
  Windows w = windows_of(op, extents_of_axes(x), {});
  if (op.integer("ceil_mode", 0) == 1) round_up(w, extents_of_axes(x));
  return channels_first_again(max_pool(x, bounded(op, w, extents_of_axes(x), x.shape()[-1])));
}

Meanings read_average_pool(const Operator& op) {
  Value x = spatial_input(op);
  Windows w = windows_of(op, extents_of_axes(x), {});
  if (op.integer("count_include_pad", 0) != 0) {  // zeros are elements like others
    op.require("ceil_mode", 0);
    Ints before{0}, after{0};
    before.insert(before.end(), w.before.begin(), w.before.end());
    after.insert(after.end(), w.after.begin(), w.after.end());
    before.push_back(0);
    after.push_back(0);
    x = pad(x, before, after);
    std::ranges::fill(w.before, 0);
    std::ranges::fill(w.after, 0);
  }
  if (op.integer("ceil_mode", 0) == 1) round_up(w, extents_of_axes(x));
  return channels_first_again(average_pool(x, bounded(op, w, extents_of_axes(x), x.shape()[-1])));
}

template <Value (*reduce)(const Value&, std::vector<int>, bool)>
Meanings read_global_pool(const Operator& op) {
  const Value& x = op.value(0);
  std::vector<int> axes;
  for (int axis = 2; axis < x.shape().rank(); ++axis) axes.push_back(axis);
  if (axes.empty()) op.refuse("takes rows, channels and more axes, got {}", to_string(x.shape()));
  return {reduce(x, axes, true)};
}

// Spatial axes brought to other extents: repeated, or by weights of half-pixel centres.
Meanings read_resize(const Operator& op) {
  Value y = op.value(0);
  const bool old = op.node().op_type() == "Upsample";
  const std::string mode = op.text("mode", "nearest"),
                    places = op.text("coordinate_transformation_mode",
                                     old ? "asymmetric" : "half_pixel");
  std::vector<double> scales;
  if (old ? op.has(1) : op.has(2)) scales = op.constant(old ? 1 : 2).to_vector<double>();
  const Ints sizes = !old && op.has(3) ? op.integers(3) : Ints();
  const auto rank = static_cast<size_t>(y.shape().rank());
  if ((scales.empty() ? sizes.size() : scales.size()) != rank || y.kind() != ValueKind::row)
    op.refuse("names neither scales nor sizes for {} axes; export the model again", rank);
  if (!scales.empty() && scales[0] != 1) op.refuse("resizes the rows; they stay as they are here");
  for (size_t axis = 1; axis < rank; ++axis) {
    const int64_t in = y.shape()[static_cast<int>(axis)];
    const int64_t out =
        scales.empty()
            ? sizes[axis]
            : static_cast<int64_t>(static_cast<double>(in) * std::clamp(scales[axis], 0.0, 4096.0));
    if (out == in) continue;
    if (out < 1 || out > 4096) op.refuse("makes {} elements of axis {}; use 1 to 4096", out, axis);
    if (mode == "nearest" && places != "align_corners" && out % in == 0)
      y = repeat(y, out / in, static_cast<int>(axis));
    else if (mode == "linear" && places == "half_pixel" && out > in)
      y = resample(y, static_cast<int>(axis), out, "bilinear");
    else
      op.refuse(
          "mode {} with {} coordinates from {} to {} elements is not read; nearest to a multiple "
          "and linear with half_pixel to more are",
          mode, places, in, out);
  }
  return {y};
}

[[maybe_unused]] const bool windows_read = [] {
  register_operator("Conv", read_conv);
  register_operator("ConvTranspose", read_conv_transpose);
  register_operator("MaxPool", read_max_pool);
  register_operator("AveragePool", read_average_pool);
  register_operator("Resize", read_resize);
  register_operator("Upsample", read_resize);
  register_operator("GlobalMaxPool", read_global_pool<reduce_max>);
  register_operator("GlobalAveragePool", read_global_pool<reduce_mean>);
  return true;
}();

}  // namespace
}  // namespace tutti::onnx
