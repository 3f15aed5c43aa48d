#include "launch/report/probe.h"

#include <algorithm>
#include <unordered_set>

#include "core/graph/builtin_ops.h"
#include "core/graph/gradient.h"
#include "core/graph/trace.h"
#include "core/layers/input_layer.h"
#include "core/layers/layer_output.h"
#include "core/model/batch.h"

namespace tutti {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 24;  // of all layers' outputs together

class PickedRows final : public RowSource {
 public:
  PickedRows(std::shared_ptr<const RowSource> source, std::vector<int64_t> picked)
      : source_(std::move(source)), picked_(std::move(picked)) {}
  int64_t rows() const override { return static_cast<int64_t>(picked_.size()); }
  std::vector<RowColumn> inputs() const override { return source_->inputs(); }
  std::vector<RowColumn> outputs() const override { return source_->outputs(); }
  bool has_weights(size_t output) const override { return source_->has_weights(output); }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override {
    source_->read_input(column, places(rows), into);
  }
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override {
    source_->read_output(column, places(rows), into);
  }
  void read_weights(size_t output, std::span<const int64_t> rows, float* into) const override {
    source_->read_weights(output, places(rows), into);
  }

 private:
  std::vector<int64_t> places(std::span<const int64_t> rows) const {
    std::vector<int64_t> found;
    for (const int64_t row : rows) found.push_back(picked_[static_cast<size_t>(row)]);
    return found;
  }
  std::shared_ptr<const RowSource> source_;
  std::vector<int64_t> picked_;
};

// The layers that a summary lists, those of inner models in their place.
void collect(const Model& model, std::unordered_set<const Layer*>& into) {
  for (const auto& layer : model.layers()) {
    into.insert(layer.get());
    if (const auto* inner = dynamic_cast<const Model*>(layer.get())) collect(*inner, into);
  }
}

// Those whose values the model returns.
void collect_last(const Model& model, std::unordered_set<const Layer*>& into) {
  for (const Value& output : model.outputs()) {
    const auto call = layer_call_of(output);
    if (!call) continue;
    into.insert(call->layer.get());
    if (const auto* inner = dynamic_cast<const Model*>(call->layer.get()))
      collect_last(*inner, into);
  }
}

}  // namespace

std::shared_ptr<const RowSource> pick_rows(std::shared_ptr<const RowSource> source,
                                           std::vector<int64_t> rows) {
  return std::make_shared<PickedRows>(std::move(source), std::move(rows));
}

std::vector<int64_t> spread_rows(int64_t total, int64_t count) {
  count = std::min(count, total);
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(i * total / count);
  return rows;
}

struct Probe::State {
  std::unique_ptr<Executable> executable;
  BatchReader reader;
  std::vector<int> gradients;  // the output of each trained weight's, or -1
};

Probe::~Probe() = default;

Probe::Probe(Model& model, std::shared_ptr<const RowSource> rows, int64_t most)
    : model_(model), rows_(std::move(rows)), state_(std::make_unique<State>()) {
  const Trace apart;
  Graph graph;
  const StepData data = make_step_data(model, *rows_, graph.inputs);
  const auto y_pred = model.apply(data.x);
  const std::vector<Value> outputs = find_layers(y_pred);
  has_loss_ = model.compiled() && !model.compile_options().loss.empty() &&
              data.y.size() == model.output_names().size();
  if (has_loss_) {
    StepReport unread;
    const Value loss = model.compute_loss(data, y_pred, unread);
    graph.outputs.push_back(loss);
    std::vector<Value> weights;
    for (const auto& variable : model.trainable_weights()) weights.push_back(variable->read());
    for (const Value& gradient : gradients(loss, weights)) {
      state_->gradients.push_back(gradient.defined() ? static_cast<int>(graph.outputs.size()) : -1);
      if (gradient.defined()) graph.outputs.push_back(sum_rows(gradient));
    }
  }
  graph.outputs.insert(graph.outputs.end(), outputs.begin(), outputs.end());

  choose_rows(outputs, most);
  const World& world = current_world();
  ExecutableOptions options;
  options.device = world.device;
  options.pool = world.pool.get();
  options.layout = {count_, 1, 0, 1};
  options.training = true;
  state_->executable = std::make_unique<Executable>(graph, options);
  state_->reader = BatchReader(*state_->executable, *rows_, {0, count_}, world.pool.get());
}

void Probe::choose_rows(const std::vector<Value>& outputs, int64_t most) {
  int64_t elements = 1;
  for (const Value& output : outputs) elements += output.shape().elements_per_row();
  most = std::max<int64_t>(1, std::min(most, kMostElements / elements));
  rows_ = pick_rows(rows_, spread_rows(rows_->rows(), most));
  count_ = rows_->rows();
}

// The first output of each layer in the graph behind `outputs`.
std::vector<Value> Probe::find_layers(const std::vector<Value>& outputs) {
  std::unordered_set<const tutti::Layer*> wanted;
  collect(model_, wanted);
  std::unordered_set<const tutti::Layer*> last;
  collect_last(model_, last);
  std::vector<Value> found;
  for (const auto& node : topological_order(outputs)) {
    const auto* mark = dynamic_cast<const LayerOutputOp*>(node->op.get());
    if (!mark || mark->output() != 0 || node->outputs[0].kind != ValueKind::row) continue;
    const auto& layer = mark->call()->layer;
    if (std::dynamic_pointer_cast<InputLayer>(layer) || wanted.erase(layer.get()) == 0) continue;
    layers_.push_back({layer, last.contains(layer.get())});
    found.push_back(Value(node));
  }
  return found;
}

void Probe::run() {
  state_->reader.read(*rows_, 0, RowOrder(0, 0, count_, false));
  state_->executable->run({});
}

double Probe::loss() const { return state_->executable->output(0).to_host().item(); }

Tensor Probe::gradient(size_t weight) const {
  const int output = state_->gradients.at(weight);
  return output < 0 ? Tensor() : state_->executable->output(static_cast<size_t>(output)).to_host();
}

Tensor Probe::output(size_t layer) const {
  size_t first = has_loss_ ? 1 : 0;
  for (const int gradient : state_->gradients) first += gradient >= 0;
  return state_->executable->output(first + layer).to_host();
}

}  // namespace tutti
