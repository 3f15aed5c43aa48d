#include "io/tflite/writer.h"

#include <algorithm>

#include "core/base/error.h"

namespace tutti::tflite {
namespace {

constexpr uint32_t kVersion = 3;

}  // namespace

Writer::Writer(const std::string& name) {
  model_.version = kVersion;
  model_.description = "tutti " TUTTI_VERSION;
  model_.buffers.push_back(std::make_unique<schema::BufferT>());  // the empty one, of all results
  model_.subgraphs.push_back(std::make_unique<schema::SubGraphT>());
  graph().name = name;
}

Id Writer::tensor(const std::string& name, const Shape& shape, schema::TensorType type,
                  uint32_t buffer) {
  auto made = std::make_unique<schema::TensorT>();
  const int count = names_[name]++;
  made->name = count == 0 ? name : fmt::format("{}_{}", name, count);
  made->type = type;
  made->buffer = buffer;
  for (const int64_t extent : shape.dims()) {
    made->shape.push_back(extent == kRows ? 1 : static_cast<int32_t>(extent));
    made->shape_signature.push_back(extent == kRows ? -1 : static_cast<int32_t>(extent));
  }
  if (!shape.has_rows()) made->shape_signature.clear();
  graph().tensors.push_back(std::move(made));
  return static_cast<Id>(graph().tensors.size()) - 1;
}

Id Writer::input(const std::string& name, const Shape& shape) {
  const Id id = tensor(name, shape, schema::TensorType::FLOAT32, 0);
  graph().inputs.push_back(id);
  return id;
}

Id Writer::constant(const Tensor& given) {
  const Tensor host = given.to_host();
  const bool whole = host.dtype() == DType::i32;
  auto buffer = std::make_unique<schema::BufferT>();
  const auto* bytes = reinterpret_cast<const uint8_t*>(host.raw());
  buffer->data.assign(bytes, bytes + host.bytes());
  model_.buffers.push_back(std::move(buffer));
  return tensor(scope_ + "/constant", host.shape(),
                whole ? schema::TensorType::INT32 : schema::TensorType::FLOAT32,
                static_cast<uint32_t>(model_.buffers.size()) - 1);
}

Id Writer::integers(const std::vector<int64_t>& values) {
  return constant(Tensor::from(values, {static_cast<int64_t>(values.size())}).to(DType::i32));
}

uint32_t Writer::code_of(Op op) {
  const auto [known, is_new] = codes_.try_emplace(op, static_cast<uint32_t>(codes_.size()));
  if (is_new) {
    auto code = std::make_unique<schema::OperatorCodeT>();
    code->builtin_code = op;
    // Where readers of before looked, of codes that fit a byte.
    code->deprecated_builtin_code = static_cast<int8_t>(std::min(static_cast<int32_t>(op), 127));
    model_.operator_codes.push_back(std::move(code));
  }
  return known->second;
}

Id Writer::node(Op op, const std::vector<Id>& inputs, const Shape& shape) {
  const Id result = tensor(scope_ + "/" + schema::EnumNameBuiltinOperator(op), shape,
                           schema::TensorType::FLOAT32, 0);
  auto node = std::make_unique<schema::OperatorT>();
  node->opcode_index = code_of(op);
  node->inputs = inputs;
  node->outputs = {result};
  graph().operators.push_back(std::move(node));
  return result;
}

std::string Writer::bytes() {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(schema::Model::Pack(builder, &model_), schema::ModelIdentifier());
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace tutti::tflite
