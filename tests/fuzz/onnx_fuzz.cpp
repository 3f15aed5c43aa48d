// ONNX files, read into models.
#include <cstdint>
#include <string_view>

#include "core/base/error.h"
#include "io/onnx/import_onnx.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    tutti::parse_onnx({reinterpret_cast<const char*>(data), size}, "fuzzed.onnx");
  } catch (const tutti::Error&) {  // said what is wrong
  }
  return 0;
}
