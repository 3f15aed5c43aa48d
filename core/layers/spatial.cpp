#include "core/layers/spatial.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/ops/transpose.h"

namespace tutti {

std::vector<int64_t> Extents::of(size_t axes, const std::string& where, const char* name,
                                 int64_t least) const {
  const bool small = std::ranges::any_of(values_, [&](int64_t value) { return value < least; });
  if (small || (values_.size() != 1 && values_.size() != axes))
    fail(where, "{} is [{}]; use {} or more, one number or {} of them", name,
         fmt::join(values_, ", "), least, axes);
  if (std::ranges::any_of(values_, [](int64_t value) { return value > INT32_MAX; }))
    fail(where, "{} is [{}]; use numbers below 2^31", name, fmt::join(values_, ", "));
  return values_.size() == axes ? values_ : std::vector<int64_t>(axes, values_[0]);
}

void read_config(const Config& config, Extents& out) {
  std::vector<int64_t> values;
  read_config(config, values);
  out = Extents(std::move(values));
}

Config write_config(const Extents& extents) {
  if (extents.values().size() == 1) return write_config(extents.values()[0]);
  return write_config(extents.values());
}

void check_padding(const std::string& padding, const std::string& where, bool causal) {
  std::vector<std::string> words{"valid", "same"};
  if (causal) words.push_back("causal");
  if (std::ranges::find(words, padding) == words.end())
    fail(where, "padding '{}' is unknown{}; use {}", padding, did_you_mean(padding, words),
         fmt::join(words, ", "));
}

void check_data_format(const std::optional<std::string>& format, const std::string& where) {
  if (format && *format != "channels_last" && *format != "channels_first")
    fail(where, "data_format '{}' is unknown; use channels_last or channels_first", *format);
}

namespace {

bool channels_are_first(const std::optional<std::string>& format) {
  return format == "channels_first";
}

}  // namespace

SpatialShape spatial_shape(const Shape& input, const std::optional<std::string>& format,
                           size_t axes, const std::string& where) {
  if (input.rank() != static_cast<int>(axes) + 2)
    fail(where, "takes rows, {} spatial {} and channels, got {}; reshape it or add an axis of 1",
         axes, axes == 1 ? "axis" : "axes", to_string(input));
  const auto& dims = input.dims();
  if (channels_are_first(format)) return {{dims.begin() + 2, dims.end()}, dims[1]};
  return {{dims.begin() + 1, dims.end() - 1}, dims.back()};
}

Value channels_last(const Value& x, const std::optional<std::string>& format, size_t axes,
                    const std::string& where) {
  spatial_shape(x.shape(), format, axes, where);
  if (!channels_are_first(format)) return x;
  std::vector<int> order(axes + 2);
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  return transpose(x, order);
}

Value channels_restored(const Value& y, const std::optional<std::string>& format) {
  if (!channels_are_first(format) || y.shape().rank() < 3) return y;
  std::vector<int> order(static_cast<size_t>(y.shape().rank()));
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin() + 1, order.end() - 1, order.end());
  return transpose(y, order);
}

bool same_channels(const Shape& built, const Shape& given, const std::optional<std::string>& format,
                   size_t axes) {
  return built.rank() == given.rank() && spatial_shape(built, format, axes, "").channels ==
                                             spatial_shape(given, format, axes, "").channels;
}

void resolve_windows(const WindowOptions& options, const std::string& where,
                     const char* size_name) {
  const auto above_one = [](const Extents& extents) {
    return std::ranges::any_of(extents.values(), [](int64_t value) { return value > 1; });
  };
  options.size = Extents(options.size.of(options.axes, where, size_name));
  options.strides = Extents(options.strides.of(options.axes, where, "strides"));
  options.dilation = Extents(options.dilation.of(options.axes, where, "dilation_rate"));
  check_padding(options.padding, where, options.causal);
  check_data_format(options.data_format, where);
  if (above_one(options.strides) && above_one(options.dilation))
    fail(where, "strides and dilation_rate are both above 1; leave one of them 1");
}

Windows padded_windows(const std::vector<int64_t>& extents, std::vector<int64_t> size,
                       std::vector<int64_t> stride, std::vector<int64_t> dilation,
                       const std::string& padding) {
  Windows windows{std::move(size), std::move(stride), std::move(dilation), {}, {}};
  for (size_t axis = 0; axis < extents.size(); ++axis) {
    const int64_t reach = (windows.size[axis] - 1) * windows.dilation[axis] + 1;
    const int64_t step = windows.stride[axis];
    const int64_t positions = (extents[axis] + step - 1) / step;
    int64_t before = 0, after = 0;
    if (padding == "same") {
      const int64_t total = std::max<int64_t>(0, (positions - 1) * step + reach - extents[axis]);
      before = total / 2;
      after = total - before;
    } else if (padding == "causal") {
      before = reach - 1;
    }
    windows.before.push_back(before);
    windows.after.push_back(after);
  }
  return windows;
}

}  // namespace tutti
