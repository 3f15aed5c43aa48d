// import_onnx: a model from an ONNX file, to predict with and to train on.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/model/model.h"

namespace tutti {

// The operators of multilayer, convolutional and recurrent nets as PyTorch, Keras and export_onnx
// write them; others are refused by name. Axis 0 of every input is the rows, all other extents must
// be known. Initializers are weights that train, those of normalizations as the layers' are.
// The file is not trusted: sizes are checked before memory is taken, no other file is opened and no
// code is run. Throws "[path] ...", ExitCode::data, or ExitCode::missing for an unknown operator.
std::shared_ptr<Model> import_onnx(const std::string& path);
std::shared_ptr<Model> parse_onnx(std::string_view bytes, const std::string& where);

}  // namespace tutti
