// Messages and tensors of ONNX, without what the model computes.
// Seeds: tests/io/onnx/*.onnx
#include "io/onnx/wire.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void read_tensors(std::string_view bytes, const char* where) {
  const auto model = tutti::onnx::parse_model(bytes, where);
  for (const auto& tensor : model.graph().initializer()) tutti::onnx::tensor_of(tensor, where);
}

}  // namespace

TUTTI_FUZZ_READER(read_tensors)
