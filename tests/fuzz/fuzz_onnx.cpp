// Seeds: tests/io/onnx/*.onnx
#include "io/onnx/import_onnx.h"

#include "tests/fuzz/read_bytes.h"

TUTTI_FUZZ_READER(tutti::parse_onnx)
