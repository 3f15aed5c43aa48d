// tf.train.Example: what the records of a TFRecord file usually are. A job declares the features
// that it takes, each of one shape, as columns.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/config.h"
#include "core/tensor/tensor.h"

namespace tutti {

// A feature as a column of rows of this shape and dtype.
//   float_list         float32
//   int64_list         int64, int32, uint8, bool or float32; a number that does not fit is an error
//   bytes_list of one  the elements of any dtype, little-endian, as tf.io.decode_raw takes them; or
//                      `encoded`, a PNG or JPEG as (height, width, channels) of uint8 in its own
//                      size, of float32 resized to the shape as Keras's Resizing does (bilinear)
struct FeatureColumn {
  std::string name;
  DType dtype = DType::f32;
  Shape shape = {};
  bool encoded = false;
};

// {image: {dtype: uint8, shape: [28, 28]}, label: int64}. Throws at the config's place.
std::vector<FeatureColumn> feature_columns(const Config& config);

// Writes the features of a serialized Example, one row of each column, to `into`; other features
// are passed over. Throws "[where] ..." naming the feature that is missing, of another kind or of
// another length, and for bytes that are no Example.
void read_example(std::string_view bytes, const std::string& where,
                  const std::vector<FeatureColumn>& columns, const std::vector<void*>& into);

using FeatureValues =
    std::variant<std::vector<std::string>, std::vector<float>, std::vector<int64_t>>;
// A serialized Example, the bytes that TensorFlow gives with deterministic=True.
std::string write_example(std::map<std::string, FeatureValues> features);

}  // namespace tutti
