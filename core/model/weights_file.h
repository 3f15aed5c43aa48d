// Weights in files: the formats are registered by `io`, found by the path's ending.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace tutti {

class Model;

struct WeightsFormat {
  std::function<void(const Model& model, const std::string& path)> save;
  // Throws naming each weight that is missing, unknown or of another shape.
  std::function<void(Model& model, const std::string& path)> load;
};
bool register_weights_format(const std::string& ending, WeightsFormat format);

// Throw ExitCode::missing naming the known endings.
void save_weights_file(const Model& model, const std::string& path);
void load_weights_file(Model& model, const std::string& path);

// For formats that know weights by name.
struct NamedTensor {
  std::string name;  // "dense/kernel", as Keras names it
  Tensor tensor;
};
std::vector<NamedTensor> named_weights(const Model& model);
// `path` is for messages.
void assign_named_weights(Model& model, const std::vector<NamedTensor>& weights,
                          const std::string& path);

}  // namespace tutti
