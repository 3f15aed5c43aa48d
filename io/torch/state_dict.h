// A model's weights as the state_dict of a PyTorch module, in safetensors; io/torch/README.md says
// under which names.
#pragma once

#include <string>

#include "core/model/model.h"

namespace tutti {

// Throws "[layer] ..." for a layer with weights that has no counterpart.
void save_state_dict(const Model& model, const std::string& path);
// Every tensor of the file must be of the model, and every one of the model there in its shape.
// Nothing is changed if it throws.
void load_state_dict(Model& model, const std::string& path);

}  // namespace tutti
