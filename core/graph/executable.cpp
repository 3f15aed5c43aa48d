#include "core/graph/executable.h"

#include "core/base/error.h"
#include "core/device/isa.h"
#include "core/graph/executable_builder.h"

namespace tutti {

struct Executable::State {
  Step step;
  ThreadPool* pool = nullptr;
  Device* device = nullptr;
  std::unique_ptr<Stream> stream;
};

Executable::Executable(const Graph& graph, const ExecutableOptions& options)
    : state_(std::make_unique<State>()) {
  flush_denormals();
  state_->step = build_step(graph, options);
  state_->pool = options.pool;
  state_->device = options.device;
  state_->stream = options.device->make_stream();
  for (auto& call : state_->step.calls) call.call.stream = state_->stream.get();
}

Executable::~Executable() = default;

const Tensor& Executable::input(size_t index) const { return state_->step.inputs.at(index); }
const Tensor& Executable::output(size_t index) const { return state_->step.outputs.at(index); }
size_t Executable::arena_bytes() const { return state_->step.arena_bytes; }

void Executable::run(const StepContext& step) {
  ThreadPool* pool = state_->pool;
  for (auto& item : state_->step.calls) {
    KernelCall call = item.call;
    call.step = &step;
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
  state_->stream->synchronize();
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
