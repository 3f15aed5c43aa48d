#include "io/formats/example.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/base/config_convert.h"
#include "core/base/error.h"
#include "io/formats/example.pb.h"
#include "io/formats/image_file.h"
#include "io/image_folder.h"

namespace tutti {
namespace {

[[noreturn]] void refuse_feature(const std::string& where, const FeatureColumn& column,
                                 std::string_view what) {
  fail(ExitCode::data, where, "feature '{}' {}", column.name, what);
}

void need_values(int64_t have, const std::string& where, const FeatureColumn& column) {
  if (have != column.shape.elements())
    refuse_feature(where, column,
                   fmt::format("has {} values, shape {} takes {}; correct its shape in features:",
                               have, to_string(column.shape), column.shape.elements()));
}

template <typename To>
void copy_whole(const google::protobuf::RepeatedField<int64_t>& values, void* into,
                const std::string& where, const FeatureColumn& column) {
  To* to = static_cast<To*>(into);
  for (const int64_t value : values) {
    *to = static_cast<To>(value);
    if (static_cast<int64_t>(*to++) != value)
      refuse_feature(
          where, column,
          fmt::format("holds {}, which is no {}; declare int64", value, name_of(column.dtype)));
  }
}

void read_whole(const example::Int64List& list, void* into, const std::string& where,
                const FeatureColumn& column) {
  need_values(list.value_size(), where, column);
  switch (column.dtype) {
    case DType::i64:
      return void(std::copy(list.value().begin(), list.value().end(), static_cast<int64_t*>(into)));
    case DType::i32:
      return copy_whole<int32_t>(list.value(), into, where, column);
    case DType::u8:
      return copy_whole<uint8_t>(list.value(), into, where, column);
    case DType::bool_:
      return copy_whole<bool>(list.value(), into, where, column);
    case DType::f32:
      return void(std::copy(list.value().begin(), list.value().end(), static_cast<float*>(into)));
    default:
      refuse_feature(
          where, column,
          fmt::format("is an int64_list and no {}; declare int64 or int32", name_of(column.dtype)));
  }
}

void read_floats(const example::FloatList& list, void* into, const std::string& where,
                 const FeatureColumn& column) {
  if (column.dtype != DType::f32)
    refuse_feature(
        where, column,
        fmt::format("is a float_list and no {}; declare float32", name_of(column.dtype)));
  need_values(list.value_size(), where, column);
  std::copy(list.value().begin(), list.value().end(), static_cast<float*>(into));
}

void read_picture(const std::string& bytes, void* into, const std::string& where,
                  const FeatureColumn& column) {
  Tensor picture = decode_image(bytes, column.shape[2], where);
  if (column.dtype == DType::f32)
    picture = resize_picture(picture, {.image_size = {column.shape[0], column.shape[1]}});
  if (picture.shape() != column.shape)
    refuse_feature(
        where, column,
        fmt::format("is a picture of {}, its shape says {}; declare float32 to resize it",
                    to_string(picture.shape()), to_string(column.shape)));
  std::memcpy(into, picture.raw(), picture.bytes());
}

void read_bytes(const example::BytesList& list, void* into, const std::string& where,
                const FeatureColumn& column) {
  if (list.value_size() != 1)
    refuse_feature(
        where, column,
        fmt::format("is a list of {} texts; one is read as elements", list.value_size()));
  const std::string& bytes = list.value(0);
  if (column.encoded) return read_picture(bytes, into, where, column);
  const size_t size = size_of(column.dtype);
  const auto elements = static_cast<size_t>(column.shape.elements());
  if (bytes.size() != elements * size)
    refuse_feature(
        where, column,
        fmt::format("has {} bytes, {} of {} take {}; correct its shape or dtype in features:{}",
                    bytes.size(), to_string(column.shape), name_of(column.dtype), elements * size,
                    is_png(bytes) || is_jpeg(bytes) ? ", or say encoded: true" : ""));
  if (column.dtype == DType::bool_)
    std::transform(bytes.begin(), bytes.end(), static_cast<bool*>(into),
                   [](char c) { return c != 0; });
  else
    std::memcpy(into, bytes.data(), bytes.size());
}

// A name in an error's line, whatever bytes it has.
std::string shown_key(std::string_view key) {
  std::string shown(key.substr(0, 40));
  for (char& c : shown)
    if (c < 32 || c == 127) c = '?';
  return shown;
}

const example::Feature& feature_of(const example::Example& example, const std::string& where,
                                   const FeatureColumn& column) {
  const auto& features = example.features().feature();
  // Of two with one name the later counts, as in a map.
  const auto found = std::find_if(features.rbegin(), features.rend(),
                                  [&](const auto& entry) { return entry.key() == column.name; });
  if (found != features.rend()) return found->value();
  std::vector<std::string> names;
  for (const auto& entry : features) names.push_back(shown_key(entry.key()));
  std::sort(names.begin(), names.end());
  if (names.size() > 20) names.resize(20);
  refuse_feature(
      where, column,
      fmt::format("is not there{}", near_or(column.name, names,
                                            fmt::format("; it has: {}", fmt::join(names, ", ")))));
}

FeatureColumn feature_column(const std::string& name, const Config& config) {
  FeatureColumn column{name};
  const Config* dtype = config.is_map() ? config.find("dtype") : &config;
  if (dtype) read_config(*dtype, column.dtype);
  if (config.is_map())
    for (const auto& [key, value] : config.as_map()) {
      if (key == "shape")
        read_config(value, column.shape);
      else if (key == "encoded")
        column.encoded = value.as_bool();
      else if (key != "dtype")
        fail(value.where_or("features"), "unknown key '{}'; a feature has dtype, shape and encoded",
             key);
    }
  const auto& dims = column.shape.dims();
  if (column.dtype == DType::string || column.dtype == DType::bf16 || column.dtype == DType::i8 ||
      std::any_of(dims.begin(), dims.end(), [](int64_t dim) { return dim < 1; }))
    fail(config.where_or("features"),
         "feature '{}' is {} of {}; use numbers of a shape without 0 and None", name,
         name_of(column.dtype), to_string(column.shape));
  if (column.shape.elements() > std::numeric_limits<int32_t>::max())
    fail(config.where_or("features"), "feature '{}' has {} elements a row; an Example is smaller",
         name, column.shape.elements());
  if (column.encoded &&
      (dims.size() != 3 || (column.dtype != DType::u8 && column.dtype != DType::f32)))
    fail(config.where_or("features"),
         "feature '{}' is an encoded picture; give it shape: [height, width, channels] and dtype "
         "uint8 or float32",
         name);
  return column;
}

}  // namespace

std::vector<FeatureColumn> feature_columns(const Config& config) {
  std::vector<FeatureColumn> columns;
  for (const auto& [name, value] : config.as_map()) columns.push_back(feature_column(name, value));
  if (columns.empty())
    fail(config.where_or("features"),
         "no feature is named; write features: {{image: {{dtype: uint8, shape: [28, 28]}}, label: "
         "int64}}");
  return columns;
}

void read_example(std::string_view bytes, const std::string& where,
                  const std::vector<FeatureColumn>& columns, const std::vector<void*>& into) {
  example::Example example;
  if (bytes.size() > std::numeric_limits<int32_t>::max() ||
      !example.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    fail(ExitCode::data, where,
         "is no tf.train.Example; write its records with Example.SerializeToString()");
  for (size_t i = 0; i < columns.size(); ++i) {
    const example::Feature& feature = feature_of(example, where, columns[i]);
    if (feature.has_int64_list())
      read_whole(feature.int64_list(), into[i], where, columns[i]);
    else if (feature.has_float_list())
      read_floats(feature.float_list(), into[i], where, columns[i]);
    else if (feature.has_bytes_list())
      read_bytes(feature.bytes_list(), into[i], where, columns[i]);
    else
      refuse_feature(where, columns[i], "has no values; every record needs them");
  }
}

std::string write_example(std::map<std::string, FeatureValues> features) {
  example::Example written;
  for (auto& [name, values] : features) {
    example::FeatureEntry& entry = *written.mutable_features()->add_feature();
    entry.set_key(name);
    example::Feature& feature = *entry.mutable_value();
    if (auto* texts = std::get_if<0>(&values))
      for (auto& text : *texts) feature.mutable_bytes_list()->add_value(std::move(text));
    else if (const auto* floats = std::get_if<1>(&values))
      feature.mutable_float_list()->mutable_value()->Add(floats->begin(), floats->end());
    else
      feature.mutable_int64_list()->mutable_value()->Add(std::get<2>(values).begin(),
                                                         std::get<2>(values).end());
  }
  return written.SerializeAsString();
}

}  // namespace tutti
