#include "core/model/training_memory.h"

#include <algorithm>
#include <map>

#include "core/base/error.h"
#include "core/model/world.h"

namespace tutti {
namespace {

double gibibytes(double bytes) { return bytes / (1u << 30); }

// A copy that is given one parameter makes what the optimizer keeps for each of many.
double slots_of(const Optimizer& optimizer) {
  if (!kind_of(optimizer)) return 0;
  const auto copy = make<Optimizer>(kind_config(optimizer));
  copy->build({make_variable("parameter", Tensor::zeros({1}, DType::f32))}, local_reducer());
  return static_cast<double>(copy->variables().size()) - 2;  // without the counter and the rate
}

double bytes_of(const std::vector<VariablePtr>& variables) {
  double bytes = 0;
  for (const auto& variable : variables)
    bytes += static_cast<double>(variable->shape().elements()) *
             static_cast<double>(size_of(variable->dtype()));
  return bytes;
}

// The largest output of each layer, in bytes.
std::map<const Layer*, double> output_bytes(const Model& model, int64_t rows) {
  std::map<const Layer*, double> bytes;
  for (const auto& node : topological_order(model.outputs()))
    if (const auto call = layer_call_of(Value(node))) {
      const Value value(node);
      if (value.kind() != ValueKind::row) continue;
      double& largest = bytes[call->layer.get()];
      largest = std::max(
          largest, static_cast<double>(value.shape().tail().elements()) *
                       static_cast<double>(rows * static_cast<int64_t>(size_of(value.dtype()))));
    }
  return bytes;
}

}  // namespace

std::optional<MemoryShortage> memory_shortage(const Model& model, const Optimizer& optimizer,
                                              int64_t rows, size_t limit) {
  const World& world = current_world();
  if (world.device && world.device->kind() != DeviceKind::cpu) return {};
  const double parameters = bytes_of(model.weights()),
               gradients = bytes_of(model.trainable_weights());
  const double state = gradients * slots_of(optimizer) / world.size();
  const auto outputs = output_bytes(model, rows);
  double output = 0, most = -1;
  const Layer* largest = nullptr;
  for (const auto& layer : model.layers()) {
    const auto found = outputs.find(layer.get());
    const double activations = found == outputs.end() ? 0 : found->second;
    output = std::max(output, activations);
    if (const double takes = bytes_of(layer->weights()) + activations; takes > most)
      most = takes, largest = layer.get();
  }
  const double needed = parameters + gradients + state + output;
  if (!largest || needed <= static_cast<double>(limit)) return {};
  return MemoryShortage{largest->name(),
                        fmt::format("has weights of {:.1f} GiB; to train the model takes {:.1f} "
                                    "GiB of memory (parameters {:.1f}, "
                                    "gradients {:.1f}, optimizer {:.1f}, largest output {:.1f}) "
                                    "and there are {:.1f}; use smaller "
                                    "layers or a smaller batch_size",
                                    gibibytes(bytes_of(largest->weights())), gibibytes(needed),
                                    gibibytes(parameters), gibibytes(gradients), gibibytes(state),
                                    gibibytes(output), gibibytes(static_cast<double>(limit)))};
}

}  // namespace tutti
