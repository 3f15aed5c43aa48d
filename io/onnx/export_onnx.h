// export_onnx: a model as an ONNX file, for other programs to run and to look at.
#pragma once

#include <string>

#include "core/model/model.h"

namespace tutti {

// Opset 17, the rows being a symbolic axis "batch", inputs and outputs under the model's names.
// Layers that ONNX has an operator for are that operator, named "layer/Operator"; others are
// written in the operators of their ops. As when predicting: dropout does nothing, normalizations
// use their moving statistics. Throws "[layer] ..." for what ONNX cannot express, such as text.
void export_onnx(const Model& model, const std::string& path);
std::string onnx_bytes(const Model& model);  // what the file holds

}  // namespace tutti
