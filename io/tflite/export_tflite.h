// A model as a LiteRT file, for phones and small devices to run.
#pragma once

#include <string>

#include "core/model/model.h"

namespace tutti {

// float32, as when predicting; inputs and outputs in the model's order, under its names. Throws
// "[layer] ..." for a layer that is not written here: io/tflite/README.md says which are.
void export_tflite(const Model& model, const std::string& path);
std::string tflite_bytes(const Model& model);  // what the file holds

}  // namespace tutti
