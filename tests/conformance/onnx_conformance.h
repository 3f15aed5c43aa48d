// A layer's way through ONNX, for the suites that have layers and inputs at hand.
#pragma once

#include <string>
#include <vector>

#include "core/layers/layer.h"
#include "core/tensor/tensor.h"

namespace tutti::test {

// Exports a model of one call of a layer, reads it again and compares what both give; of
// what the host computes, such as text, it expects an error that names the layer. Where the
// environment names a folder in TUTTI_ONNX_FOLDER, leaves the file there, with the inputs and what
// they give here beside it, for ONNX Runtime (tests/peers/onnx/onnx_exports.py).
void expect_travels_by_onnx(Layer& layer, const std::vector<Tensor>& inputs);

}  // namespace tutti::test
