// Weights in files: the formats are registered by `io`, found by the path's ending.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace tutti {

class Model;

struct NamedTensor {
  std::string name;  // "dense/kernel", as Keras names it
  Tensor tensor;
};

struct WeightsFormat {
  std::function<void(const std::string& path, const std::vector<NamedTensor>& weights)> save;
  std::function<std::vector<NamedTensor>(const std::string& path)> load;
};
bool register_weights_format(const std::string& ending, WeightsFormat format);

// Throws ExitCode::missing naming the known endings.
const WeightsFormat& weights_format(const std::string& path);

std::vector<NamedTensor> named_weights(const Model& model);
void save_weights_file(const Model& model, const std::string& path);
// By name; throws naming each weight that is missing, unknown or of another shape.
void load_weights_file(Model& model, const std::string& path);

}  // namespace tutti
