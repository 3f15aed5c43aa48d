// Seeds: tests/io/formats/*.safetensors tests/io/onnx/*.safetensors
#include "io/formats/safetensors.h"

#include "tests/fuzz/read_bytes.h"

TUTTI_FUZZ_READER(tutti::parse_safetensors)
