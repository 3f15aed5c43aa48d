#include "core/model/training_memory.h"

#include <algorithm>
#include <map>

#include "core/base/error.h"
#include "core/graph/shard_passes.h"

namespace tutti {
namespace {

double gibibytes(double bytes) { return bytes / (1u << 30); }

// A copy that is given one parameter, by a name that the model has, makes what the optimizer keeps
// for each of many.
double slots_of(const Optimizer& optimizer, const std::string& parameter) {
  if (!kind_of(optimizer)) return 0;
  const auto copy = make<Optimizer>(kind_config(optimizer));
  copy->build({make_variable(parameter, Tensor::zeros({1}, DType::f32))}, local_reducer());
  const auto kept = copy->variables();
  return static_cast<double>(std::count_if(kept.begin(), kept.end(), [](const auto& variable) {
    return variable->kind() == ValueKind::share;
  }));
}

double bytes_of(const std::vector<VariablePtr>& variables) {
  double bytes = 0;
  for (const auto& variable : variables)
    bytes += static_cast<double>(variable->shape().elements()) *
             static_cast<double>(size_of(variable->dtype()));
  return bytes;
}

struct Outputs {
  double all = 0, largest = 0;              // bytes of what is kept for the gradient
  std::map<const Layer*, double> by_layer;  // of the largest that each layer returns
};

Outputs outputs_of(const Model& model, int64_t rows) {
  Outputs outputs;
  for (const auto& node : topological_order(model.outputs())) {
    const Value value(node);
    if (value.kind() != ValueKind::row || node->inputs.empty()) continue;
    const double bytes = static_cast<double>(value.shape().tail().elements()) *
                         static_cast<double>(rows * static_cast<int64_t>(size_of(value.dtype())));
    if (const auto call = layer_call_of(value)) {
      double& largest = outputs.by_layer[call->layer.get()];
      largest = std::max(largest, bytes);
    }
    // An elementwise op may work in the memory of what it follows; a view has none.
    if (node->op->elementwise() || node->op->view()) continue;
    outputs.all += bytes;
    outputs.largest = std::max(outputs.largest, bytes);
  }
  return outputs;
}

// Bytes, of which there must be the sum at once.
struct Needs {
  int passes = 1;
  double parameters = 0, gradients = 0, state = 0, activations = 0;
  double all() const { return parameters + gradients + state + activations; }
};

// With each pass over the shards fewer rows are at work, and more sums wait for others.
Needs least_needs(const Model& model, const Optimizer& optimizer, const ShardLayout& layout) {
  const auto trainable = model.trainable_weights();
  const double trained = bytes_of(trainable);
  const double slots = trainable.empty() ? 0 : slots_of(optimizer, trainable[0]->name());
  Needs least;
  for (int passes = 1; passes <= most_passes(layout); passes *= 2) {
    int64_t rows = 0;
    for (const auto& pass : passes_of(layout, passes))
      rows = std::max(rows, pass.owned_rows().size());
    const Outputs outputs = outputs_of(model, rows);
    const Needs needs{passes, bytes_of(model.weights()),
                      trained * static_cast<double>(root_places(layout, passes)),
                      trained * slots / layout.world, outputs.all + outputs.largest};
    if (passes == 1 || needs.all() < least.all()) least = needs;
  }
  return least;
}

}  // namespace

std::optional<MemoryShortage> memory_shortage(const Model& model, const Optimizer& optimizer,
                                              const ShardLayout& layout, size_t limit) {
  const World& world = current_world();
  if (world.device && world.device->kind() != DeviceKind::cpu) return {};
  const Needs needs = least_needs(model, optimizer, layout);
  const Outputs outputs = outputs_of(model, layout.owned_rows().size());
  double most = -1;
  const Layer* largest = nullptr;
  for (const auto& layer : model.layers()) {
    const auto found = outputs.by_layer.find(layer.get());
    const double output = found == outputs.by_layer.end() ? 0 : found->second;
    if (const double takes = bytes_of(layer->weights()) + output; takes > most)
      most = takes, largest = layer.get();
  }
  if (!largest || needs.all() <= static_cast<double>(limit)) return {};
  const std::string each =
      needs.passes > 1 ? fmt::format(" in each of {} passes", needs.passes) : "";
  return MemoryShortage{
      largest->name(),
      fmt::format("has weights of {:.1f} GiB; to train the model takes {:.1f} "
                  "GiB of memory (parameters {:.1f}, gradients {:.1f}, optimizer "
                  "{:.1f}, outputs of layers {:.1f}{}) and there are {:.1f}; use "
                  "smaller layers or a smaller batch_size",
                  gibibytes(bytes_of(largest->weights())), gibibytes(needs.all()),
                  gibibytes(needs.parameters), gibibytes(needs.gradients), gibibytes(needs.state),
                  gibibytes(needs.activations), each, gibibytes(static_cast<double>(limit)))};
}

}  // namespace tutti
