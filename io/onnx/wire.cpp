#include "io/onnx/wire.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "core/base/error.h"

namespace tutti::onnx {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

static_assert(std::endian::native == std::endian::little, "ONNX's bytes are little-endian");

constexpr int kDepth = 16;
constexpr int64_t kMessage = 256, kText = 64,
                  kNumber = 16;  // bytes that one takes in memory, at most
constexpr int64_t kMore = int64_t{128} << 20;

// How many bytes a message takes once parsed, from its fields alone.
class Measure {
 public:
  Measure(std::string_view bytes, const std::string& where)
      : where_(where), size_(bytes.size()), stream_(data(bytes), static_cast<int>(bytes.size())) {
    stream_.SetTotalBytesLimit(std::numeric_limits<int>::max());
    left_ = static_cast<int64_t>(bytes.size()) + kMore;
  }

  void message(const Descriptor& type, int depth) {
    if (depth > kDepth)
      fail(ExitCode::data, where_,
           "messages lie more than {} deep in each other; this is no model that a program wrote",
           kDepth);
    while (const uint32_t tag = stream_.ReadTag()) field(type, tag, depth);
    if (!stream_.ConsumedEntireMessage()) broken();
  }

 private:
  static const uint8_t* data(std::string_view bytes) {
    return reinterpret_cast<const uint8_t*>(bytes.data());
  }
  [[noreturn]] void broken() const {
    fail(ExitCode::data, where_,
         "byte {} is in no ONNX message: the file is cut or no ONNX model; export it again",
         stream_.CurrentPosition());
  }
  void take(int64_t bytes) {
    left_ -= bytes;
    if (left_ < 0)
      fail(ExitCode::data, where_,
           "would take more than {} MiB beyond its own size in memory; export a smaller model",
           kMore >> 20);
  }

  void field(const Descriptor& type, uint32_t tag, int depth) {
    const FieldDescriptor* known = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&stream_, tag)) broken();
      return take(kNumber);
    }
    uint32_t size = 0;
    if (!stream_.ReadVarint32(&size) ||
        size > size_ - static_cast<size_t>(stream_.CurrentPosition()))
      broken();
    if (known && known->type() == FieldDescriptor::TYPE_MESSAGE) {
      take(kMessage);
      const auto limit = stream_.PushLimit(static_cast<int>(size));
      message(*known->message_type(), depth + 1);
      if (stream_.BytesUntilLimit() != 0) broken();
      return stream_.PopLimit(limit);
    }
    // Packed numbers are at most 8 bytes in memory for one in the file.
    const bool packed = known && known->is_packable() &&
                        (known->cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
                         known->cpp_type() == FieldDescriptor::CPPTYPE_UINT64 ||
                         known->cpp_type() == FieldDescriptor::CPPTYPE_INT32);
    take(kText + (packed ? int64_t{8} : int64_t{1}) * size);
    if (!stream_.Skip(static_cast<int>(size))) broken();
  }

  const std::string& where_;
  size_t size_;
  CodedInputStream stream_;
  int64_t left_;
};

struct Element {
  DType dtype;
  int type;
};
constexpr std::array<Element, 9> kElements{{{DType::f32, 1},
                                            {DType::u8, 2},
                                            {DType::i8, 3},
                                            {DType::i32, 6},
                                            {DType::i64, 7},
                                            {DType::bool_, 9},
                                            {DType::f16, 10},
                                            {DType::f64, 11},
                                            {DType::bf16, 16}}};

}  // namespace

ModelProto parse_model(std::string_view bytes, const std::string& where) {
  if (bytes.size() >= static_cast<size_t>(std::numeric_limits<int>::max()))
    fail(ExitCode::data, where,
         "is larger than 2 GiB, which ONNX files are not; export a smaller model");
  Measure(bytes, where).message(*ModelProto::descriptor(), 0);
  ModelProto model;
  google::protobuf::io::ArrayInputStream array(bytes.data(), static_cast<int>(bytes.size()));
  CodedInputStream stream(&array);
  stream.SetTotalBytesLimit(std::numeric_limits<int>::max());
  stream.SetRecursionLimit(2 * kDepth);
  if (!model.ParseFromCodedStream(&stream) || !model.has_graph())
    fail(ExitCode::data, where, "holds no ONNX model; give a file that an exporter wrote");
  return model;
}

std::string model_bytes(const ModelProto& model, const std::string& where) {
  if (model.ByteSizeLong() >= static_cast<size_t>(std::numeric_limits<int>::max()))
    fail(ExitCode::io, where,
         "the model takes {} bytes, an ONNX file at most 2 GiB; export its parts",
         model.ByteSizeLong());
  return model.SerializeAsString();
}

int element_type(DType dtype) {
  for (const auto& element : kElements)
    if (element.dtype == dtype) return element.type;
  fail("onnx", "{} has no number in ONNX; cast it", name_of(dtype));
}

DType dtype_of_element(int type, const std::string& where, const std::string& name) {
  for (const auto& element : kElements)
    if (element.type == type) return element.dtype;
  fail(ExitCode::data, where,
       "'{}' has elements of ONNX's type {}; use float, double, float16, bfloat16, int32, int64, "
       "uint8 or bool",
       name, type);
}

TensorProto tensor_proto(const std::string& name, const Tensor& tensor) {
  const Tensor host = tensor.to_host();
  TensorProto proto;
  proto.set_name(name);
  proto.set_data_type(element_type(host.dtype()));
  for (const int64_t extent : host.shape().dims()) proto.add_dims(extent);
  proto.set_raw_data(host.raw(), host.bytes());
  return proto;
}

namespace {

// The data of a tensor that is not in raw_data: a list of its dtype, or of one that holds it.
template <typename T, typename List>
void fill_elements(const Tensor& tensor, const List& list) {
  std::transform(list.begin(), list.end(), tensor.data<T>(),
                 [](auto value) { return static_cast<T>(value); });
}
template <typename T>
void fill_halves(const Tensor& tensor, const TensorProto& proto) {
  std::transform(proto.int32_data().begin(), proto.int32_data().end(), tensor.data<T>(),
                 [](int32_t bits) { return T{static_cast<uint16_t>(bits)}; });
}

int64_t listed(const TensorProto& proto, DType dtype) {
  if (dtype == DType::f32) return proto.float_data_size();
  if (dtype == DType::f64) return proto.double_data_size();
  return dtype == DType::i64 ? proto.int64_data_size() : proto.int32_data_size();
}

void fill_listed(const Tensor& tensor, const TensorProto& proto) {
  switch (tensor.dtype()) {
    case DType::f32:
      return fill_elements<float>(tensor, proto.float_data());
    case DType::f64:
      return fill_elements<double>(tensor, proto.double_data());
    case DType::i64:
      return fill_elements<int64_t>(tensor, proto.int64_data());
    case DType::i32:
      return fill_elements<int32_t>(tensor, proto.int32_data());
    case DType::u8:
      return fill_elements<uint8_t>(tensor, proto.int32_data());
    case DType::i8:
      return fill_elements<int8_t>(tensor, proto.int32_data());
    case DType::bool_:
      return fill_elements<bool>(tensor, proto.int32_data());
    case DType::bf16:
      return fill_halves<BFloat16>(tensor, proto);
    case DType::f16:
      return fill_halves<Float16>(tensor, proto);
    case DType::string:
      break;  // no element type is read as text
  }
}

}  // namespace

Tensor tensor_of(const TensorProto& proto, const std::string& where) {
  const std::string& name = proto.name();
  if (proto.data_location() == TensorProto::EXTERNAL || proto.external_data_size() > 0)
    fail(ExitCode::data, where,
         "the data of tensor '{}' lies in another file, which is not followed; export with the "
         "data inside",
         name);
  const DType dtype = dtype_of_element(proto.data_type(), where, name);
  int64_t elements = 1;
  constexpr int64_t most = std::numeric_limits<int32_t>::max();  // what a file of 2 GiB can hold
  for (const int64_t extent : proto.dims()) {
    if (extent < 0 || extent > most || (extent > 0 && elements > most / extent) ||
        proto.dims_size() > 8)
      fail(ExitCode::data, where, "tensor '{}' has an impossible shape; export it again", name);
    elements *= extent;
  }
  const auto bytes = static_cast<size_t>(elements) * size_of(dtype);
  const bool raw = proto.has_raw_data();
  if (raw ? proto.raw_data().size() != bytes : listed(proto, dtype) != elements)
    fail(ExitCode::data, where,
         "tensor '{}' has {} elements by its shape and data for {}; export it again", name,
         elements,
         raw ? static_cast<int64_t>(proto.raw_data().size() / size_of(dtype))
             : listed(proto, dtype));
  const Tensor tensor = Tensor::empty(Shape({proto.dims().begin(), proto.dims().end()}), dtype);
  if (!raw)
    fill_listed(tensor, proto);
  else if (dtype == DType::bool_)  // any byte that is not 0 is true
    std::transform(proto.raw_data().begin(), proto.raw_data().end(), tensor.data<bool>(),
                   [](char byte) { return byte != 0; });
  else
    std::memcpy(tensor.raw(), proto.raw_data().data(), bytes);
  return tensor;
}

}  // namespace tutti::onnx
