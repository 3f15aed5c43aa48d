#include "core/graph/executable.h"

#include "core/base/activity.h"
#include "core/base/error.h"
#include "core/device/isa.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/executable_builder.h"
#include "core/graph/host_stage.h"

namespace tutti {
namespace {

// A model that was just made or loaded lies in host memory, and moves to where its first step runs.
void place_variables(const Graph& graph, Device& device) {
  for (const auto& node : topological_order(graph)) {
    const auto* read = dynamic_cast<const ReadOp*>(node->op.get());
    const auto* assign = dynamic_cast<const AssignOp*>(node->op.get());
    if (!read && !assign) continue;
    Variable& variable = *(read ? read->variable() : assign->variable());
    if (&variable.value().device() == &device) continue;
    if (variable.value().device().kind() != DeviceKind::cpu)
      fail(ExitCode::missing, "device",
           "variable '{}' is on {}, and this step runs on {}; run it there", variable.name(),
           variable.value().device().name(), device.name());
    variable.rebind(Tensor::empty(variable.shape(), variable.dtype(), device));
  }
}

}  // namespace

struct Executable::State {
  explicit State(HostStage stage) : host(std::move(stage)) {}

  HostStage host;
  Step step;
  ThreadPool* pool = nullptr;
  Device* device = nullptr;
  std::unique_ptr<Stream> stream;
  std::vector<Range> segments;  // of calls; each collective is one of its own
  bool alone = true;            // collectives meet nobody

  void find_segments() {
    const auto& calls = step.calls;
    for (size_t i = 0; i < calls.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      const bool begins = i == 0 || calls[i].collective || calls[i - 1].collective;
      if (begins) segments.push_back({at, at});
      segments.back().end = at + 1;
    }
  }

  void run(Range segment, const StepContext& context) {
    ActivityRecord* record = ActivityRecord::of_this_thread();
    for (int64_t at = segment.begin; at < segment.end; ++at) {
      StepCall& item = step.calls[static_cast<size_t>(at)];
      if (record && item.collective && !alone) {
        const Activity meeting(ActivityKind::communication, item.name);
        run(item, context);
      } else {
        if (record) record->pass(item.name);
        run(item, context);
      }
    }
  }

  void run(StepCall& item, const StepContext& context) const {
    KernelCall call = item.call;
    call.step = &context;
    const Kernel& kernel = *item.kernel;
    for (size_t phase = 0; phase < item.tiles.size(); ++phase) {
      call.phase = static_cast<int64_t>(phase);
      const int64_t tiles = item.tiles[phase];
      if (pool && tiles > 1)
        pool->run(tiles, [&](int64_t tile) { kernel.run(call, tile); });
      else
        for (int64_t tile = 0; tile < tiles; ++tile) kernel.run(call, tile);
    }
  }
};

Executable::Executable(const Graph& graph, const ExecutableOptions& options)
    : state_(std::make_unique<State>(HostStage(graph, options))) {
  flush_denormals();
  place_variables(state_->host.rest(), *options.device);
  state_->step = build_step(state_->host.rest(), options);
  state_->host.bind(state_->step.inputs, state_->step.outputs);
  state_->pool = options.pool;
  state_->device = options.device;
  state_->alone = options.reducer->world() == 1;
  state_->stream = options.device->make_stream();
  for (auto& call : state_->step.calls) call.call.stream = state_->stream.get();
  state_->find_segments();
}

Executable::~Executable() = default;

const Tensor& Executable::input(size_t index) const { return state_->host.input(index); }
const Tensor& Executable::output(size_t index) const { return state_->host.output(index); }
size_t Executable::arena_bytes() const { return state_->step.arena_bytes; }
const std::shared_ptr<Storage>& Executable::arena() const { return state_->step.arena; }
int Executable::passes() const { return state_->step.passes; }

void Executable::run(const StepContext& step) {
  const Activity computing(ActivityKind::compute, "step");
  state_->host.before(state_->pool);
  Stream& stream = *state_->stream;
  auto& calls = state_->step.calls;
  stream.begin_step(&step, sizeof step);
  for (size_t i = 0; i < state_->segments.size(); ++i) {
    const Range segment = state_->segments[i];
    const bool kept = !calls[static_cast<size_t>(segment.begin)].collective;
    if (kept && stream.replay_segment(i)) continue;
    if (kept) stream.begin_segment(i);
    state_->run(segment, step);
    if (kept) stream.end_segment(i);
  }
  stream.synchronize();
  state_->host.after(state_->pool);
}

std::string Executable::describe() const {
  std::string text;
  for (const auto& call : state_->step.calls) {
    if (call.collective) text += "---\n";
    text += call.label + "\n";
    if (call.collective) text += "---\n";
  }
  return text;
}

std::vector<Tensor> evaluate(const std::vector<Value>& values) {
  Graph graph;
  graph.outputs = values;
  for (const auto& value : values)
    if (value.kind() != ValueKind::same)
      fail("evaluate", "only values without rows of a batch can be computed at once, got {}",
           to_string(value.type()));
  Executable executable(graph, {});
  executable.run({});
  std::vector<Tensor> results;
  for (size_t i = 0; i < values.size(); ++i) results.push_back(executable.output(i).clone());
  return results;
}

Tensor evaluate(const Value& value) { return evaluate(std::vector<Value>{value})[0]; }

}  // namespace tutti
