#include "core/layers/borders.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/pad.h"
#include "core/ops/slice.h"

namespace tutti {

Borders::Borders(std::initializer_list<int64_t> per_axis)
    : given_(write_config(std::vector<int64_t>(per_axis))) {}

Borders::Borders(std::initializer_list<std::array<int64_t, 2>> per_end) {
  Config::List list;
  for (const auto& pair : per_end) list.push_back(write_config(std::vector{pair[0], pair[1]}));
  given_ = Config(std::move(list));
}

std::vector<std::array<int64_t, 2>> Borders::of(size_t axes, const char* where,
                                                const char* name) const {
  std::vector<std::array<int64_t, 2>> result;
  const auto add = [&](const Config& item) {  // of one axis
    std::vector<int64_t> ends;
    read_config(item, ends);
    if (ends.size() == 1) ends.push_back(ends[0]);
    if (ends.size() != 2 || ends[0] < 0 || ends[1] < 0 || std::max(ends[0], ends[1]) > INT32_MAX)
      fail(where, "{} has {} for one axis; use 0 or more (below 2^31), one number or a pair", name,
           to_string(item));
    result.push_back({ends[0], ends[1]});
  };
  if (!given_.is_list() || axes == 1) {
    add(given_.is_list() && given_.as_list().size() == 1 ? given_.as_list()[0] : given_);
    return std::vector(axes, result[0]);
  }
  for (const auto& item : given_.as_list()) add(item);
  if (result.size() != axes)
    fail(where, "{} {} is for {} axes; give one number, {} of them or {} pairs", name,
         to_string(given_), result.size(), axes, axes);
  return result;
}

ZeroPaddingLayer::ZeroPaddingLayer(size_t axes, const char* name, Options options)
    : axes_(axes),
      options_(std::move(options)),
      borders_(options_.padding.of(axes, name, "padding")) {
  check_data_format(options_.data_format, name);
}

std::vector<Value> ZeroPaddingLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  spatial_shape(x.shape(), options_.data_format, axes_, where());
  std::vector<int64_t> before(static_cast<size_t>(x.shape().rank()), 0), after = before;
  for (size_t axis = 0; axis < axes_; ++axis) {
    const size_t at = axis + static_cast<size_t>(first_spatial_axis(options_.data_format));
    before[at] = borders_[axis][0];
    after[at] = borders_[axis][1];
  }
  return {pad(x, before, after)};
}

CroppingLayer::CroppingLayer(size_t axes, const char* name, const Borders& cropping,
                             std::optional<std::string> data_format)
    : axes_(axes),
      data_format_(std::move(data_format)),
      borders_(cropping.of(axes, name, "cropping")) {
  check_data_format(data_format_, name);
}

std::vector<Value> CroppingLayer::call(const std::vector<Value>& inputs) {
  Value x = to_dtype(only(inputs));
  const auto extents = spatial_shape(x.shape(), data_format_, axes_, where()).extents;
  for (size_t axis = 0; axis < axes_; ++axis) {
    const auto [begin, end] = borders_[axis];
    if (begin + end >= extents[axis])
      fail(where(), "cropping {} and {} leaves nothing of the {} elements of axis {}; crop less",
           begin, end, extents[axis], axis + 1);
    if (begin + end > 0)
      x = slice(x, static_cast<int>(axis) + first_spatial_axis(data_format_), begin,
                extents[axis] - end);
  }
  return {x};
}

inline constexpr auto declare_padding = [](auto& builder) {
  builder.argument("padding", &ZeroPaddingOptions::padding, "zeros at the ends of the axes")
      .argument("data_format", &ZeroPaddingOptions::data_format, "channels_last or channels_first");
};
inline constexpr auto declare_cropping = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder.argument("cropping", &O::cropping, "elements taken from the ends of the axes");
};
inline constexpr auto declare_cropping_in_format = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder.with(declare_cropping)
      .argument("data_format", &O::data_format, "channels_last or channels_first");
};
TUTTI_REGISTER(Layer, ZeroPadding1DLayer, "ZeroPadding1D", "zeros at both ends of an axis")
    .with(declare_padding);
TUTTI_REGISTER(Layer, ZeroPadding2DLayer, "ZeroPadding2D", "zeros around images")
    .with(declare_padding);
TUTTI_REGISTER(Layer, ZeroPadding3DLayer, "ZeroPadding3D", "zeros around volumes")
    .with(declare_padding);
TUTTI_REGISTER(Layer, Cropping1DLayer, "Cropping1D", "without both ends of an axis")
    .with(declare_cropping);
TUTTI_REGISTER(Layer, Cropping2DLayer, "Cropping2D", "without the edges of images")
    .with(declare_cropping_in_format);
TUTTI_REGISTER(Layer, Cropping3DLayer, "Cropping3D", "without the faces of volumes")
    .with(declare_cropping_in_format);

}  // namespace tutti
