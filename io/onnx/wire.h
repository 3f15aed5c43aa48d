// ONNX files as bytes, and tensors in them.
#pragma once

#include <string>
#include <string_view>

#include "core/tensor/tensor.h"
#include "io/onnx/onnx.pb.h"

namespace tutti::onnx {

inline constexpr int kOpset = 17, kIrVersion = 8;  // what is written

// Throws "[where] ..." for bytes that are no ONNX model, for messages deeper than 16, and for those
// that would take 128 MiB more in memory than in the file: it is measured before it is parsed.
ModelProto parse_model(std::string_view bytes, const std::string& where);
// Throws above 2 GiB, which Protocol Buffers do not hold.
std::string model_bytes(const ModelProto& model, const std::string& where);

int element_type(DType dtype);  // TensorProto's number
// Throws "[where] '...'" for a type that Tutti has no dtype for.
DType dtype_of_element(int type, const std::string& where, const std::string& name);

TensorProto tensor_proto(const std::string& name, const Tensor& tensor);
// Throws "[where] tensor '...'" where shape and data do not agree, and for data in other files.
Tensor tensor_of(const TensorProto& proto, const std::string& where);

}  // namespace tutti::onnx
