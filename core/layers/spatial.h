// What layers over spatial axes (convolutions, poolings, padding) have in common: one number or one
// per axis, Keras's words for padding, and where the channels are.
//
// Inputs are (rows, s1 .. sd, channels), or (rows, channels, s1 .. sd) with data_format
// "channels_first".
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "core/base/config_convert.h"
#include "core/ops/patches.h"

namespace tutti {

// One number for all axes, or one for each: 3, {3, 5}.
class Extents {
 public:
  Extents() = default;
  template <typename T>
  requires std::is_integral_v<T> Extents(T all) : values_{static_cast<int64_t>(all)} {}
  Extents(std::initializer_list<int64_t> values) : values_(values) {}
  explicit Extents(std::vector<int64_t> values) : values_(std::move(values)) {}

  bool empty() const { return values_.empty(); }
  const std::vector<int64_t>& values() const { return values_; }
  // One per axis; throws "[where] name ..." unless there are 1 or `axes` of them, each at least
  // `least`.
  std::vector<int64_t> of(size_t axes, const std::string& where, const char* name,
                          int64_t least = 1) const;

 private:
  std::vector<int64_t> values_;
};

inline std::string type_name(const Extents*) { return "int or list of int"; }
void read_config(const Config& config, Extents& out);
Config write_config(const Extents& extents);

// Throws for a word that Keras does not know.
void check_padding(const std::string& padding, const std::string& where, bool causal = false);
void check_data_format(const std::optional<std::string>& format, const std::string& where);

// The channels last, and back where they were. Throws "[where] ..." unless x has rows, `axes`
// spatial axes and channels.
Value channels_last(const Value& x, const std::optional<std::string>& format, size_t axes,
                    const std::string& where);
Value channels_restored(const Value& y, const std::optional<std::string>& format);
// The spatial extents and the channels of an input of a layer.
struct SpatialShape {
  std::vector<int64_t> extents;
  int64_t channels;
};
SpatialShape spatial_shape(const Shape& input, const std::optional<std::string>& format,
                           size_t axes, const std::string& where);

inline int first_spatial_axis(const std::optional<std::string>& format) {
  return format == "channels_first" ? 2 : 1;
}

// Whether weights made for inputs of shape `built` serve `given`: any extents, the same channels.
bool same_channels(const Shape& built, const Shape& given, const std::optional<std::string>& format,
                   size_t axes);

// What a layer's windows are told by: made one number per axis, and checked. Throws "[where] ...".
struct WindowOptions {
  size_t axes;
  Extents &size, &strides, &dilation;
  const std::string& padding;
  const std::optional<std::string>& data_format;
  bool causal = false;
};
void resolve_windows(const WindowOptions& options, const std::string& where,
                     const char* size_name = "kernel_size");

// The windows of "valid", "same" (as TensorFlow: what is odd is padded after) or "causal" padding.
Windows padded_windows(const std::vector<int64_t>& extents, std::vector<int64_t> size,
                       std::vector<int64_t> stride, std::vector<int64_t> dilation,
                       const std::string& padding);

}  // namespace tutti
