#include "core/graph/executable_builder.h"

#include <algorithm>

#include "core/base/activity.h"
#include "core/base/error.h"
#include "core/graph/buffers.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/parameter_group_ops.h"
#include "core/graph/passes/passes.h"
#include "core/graph/schedule.h"
#include "core/graph/shard_passes.h"

namespace tutti {
namespace {

// The rows that a node works on: the rank's, or those of one of its passes over its shards.
struct Place {
  int64_t rows = 0, first_row = 0;
  std::vector<int64_t> shard_rows;
  std::vector<Range> roots;

  explicit Place(const ShardLayout& layout) {
    const Range shards = layout.owned_shards(), owned = layout.owned_rows();
    rows = owned.size();
    first_row = owned.begin;
    for (int64_t s = shards.begin; s < shards.end; ++s)
      shard_rows.push_back(layout.rows_of(s).begin - owned.begin);
    shard_rows.push_back(rows);
    for (const auto& root : layout.roots())
      roots.push_back({root.begin - shards.begin, root.end - shards.begin});
  }
};

class StepBuilder {
 public:
  StepBuilder(const Graph& lowered, const ExecutableOptions& options, int passes)
      : options_(options),
        schedule_(schedule_step(split_shards(lowered, options.layout, passes))),
        graph_(schedule_.graph),
        order_(schedule_.order) {
    step_.passes = passes;
    places_.emplace_back(options.layout);
    if (passes > 1)
      for (const auto& layout : passes_of(options.layout, passes)) places_.emplace_back(layout);
    for (size_t i = 0; i < order_.size(); ++i) position_[order_[i].get()] = static_cast<int>(i);
    for (const auto& node : order_)
      for (const auto& input : node->inputs) ++uses_[input];
    for (const auto& node : order_) assign_slots(*node);
    for (const auto& node : order_) place_inputs(*node);
    for (const auto& node : order_) note_lives(*node);
    for (const auto& output : graph_.outputs) buffers_.touch(slots_.at(output), Buffers::kForever);
  }

  // Of the arena and the inputs, wherever gradients will lie.
  size_t needed_bytes() const {
    size_t inputs = 0;
    for (const auto& input : graph_.inputs) inputs += bytes(input);
    return inputs + buffers_.plan().bytes;
  }

  Step build() {
    for (const auto& node : order_) {  // the same on every rank: they ask together
      const auto flat = flat_.find(node.get());
      if (flat == flat_.end()) continue;
      Buffers::Buffer& buffer = buffers_[flat->second];
      buffer.fixed = group_of(*node).partials_memory(buffer.bytes);
    }
    finish_memory();
    for (const auto& node : order_) make_call(*node);
    step_.nodes = order_;
    return std::move(step_);
  }

 private:
  // --- types -----------------------------------------------------------------------------------
  const Place& place_of(const Node& node) const { return places_[static_cast<size_t>(node.pass)]; }
  ValueType bound(const Value& value) const {
    ValueType result = value.type();
    if (result.kind == ValueKind::row)
      result.shape = result.shape.with_rows(place_of(*value.node()).rows);
    // Rows of all ranks, gathered.
    if (result.kind == ValueKind::same)
      result.shape = result.shape.with_rows(options_.layout.batch);
    return result;
  }
  int64_t elements(const Value& value) const { return bound(value).shape.elements(); }
  size_t bytes(const Value& value) const {
    size_t copies = 1;
    if (value.kind() == ValueKind::partial)
      copies = adds_roots(*value.node()) ? root_places(options_.layout, step_.passes)
                                         : place_of(*value.node()).roots.size();
    return static_cast<size_t>(elements(value)) * size_of(value.dtype()) * copies;
  }

  static bool adds_roots(const Node& node) {
    return dynamic_cast<const AddRootsOp*>(node.op.get()) != nullptr;
  }
  static ParameterGroup& group_of(const Node& scatter) {
    return static_cast<const ReduceScatterOp&>(*scatter.op).group();
  }

  // True if the node's output is its input's memory, and no kernel runs.
  bool is_view(const Node& node) const {
    if (node.op->view()) return true;
    return dynamic_cast<const SumRowsOp*>(node.op.get()) && options_.layout.world == 1;
  }

  // --- memory ----------------------------------------------------------------------------------
  int64_t root_stride(const Value& value) const { return buffers_[slots_.at(value)].root_stride; }

  void assign_slots(const Node& node) {
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const Value value = self(node, i);
      int buffer = -1;
      if (const auto direct = schedule_.direct.find(value); direct != schedule_.direct.end()) {
        buffer = buffers_.add(bytes(value), direct->second);
      } else if (void* fixed = node.op->fixed_output(i)) {
        buffer = buffers_.add(bytes(value), fixed);
      } else if (const Tensor* constant = constant_of(value)) {
        step_.constants.push_back(constant->to(*options_.device));
        buffer = buffers_.add(bytes(value), step_.constants.back().raw());
      } else if (dynamic_cast<const InputOp*>(node.op.get())) {
        buffer = input_buffer(value);
      } else if (dynamic_cast<const PassRowsOp*>(node.op.get())) {
        buffer = pass_rows_buffer(value);
      } else if (is_view(node) || (adds_roots(node) && node.inputs.size() > 1)) {
        buffer = slots_.at(node.inputs[0]);
      } else {
        buffer = buffers_.add(bytes(value));
        if (value.kind() == ValueKind::partial) buffers_[buffer].root_stride = elements(value);
      }
      slots_[value] = buffer;
    }
  }

  int pass_rows_buffer(const Value& value) {
    const Value& all = value.node()->inputs[0];
    const int64_t before = place_of(*value.node()).first_row - place_of(*all.node()).first_row;
    const int buffer = buffers_.add(bytes(value));
    buffers_[buffer].parent = slots_.at(all);
    buffers_[buffer].offset = static_cast<size_t>(before * bound(value).shape.elements_per_row()) *
                              size_of(value.dtype());
    return buffer;
  }

  int input_buffer(const Value& value) {
    const ValueType type = bound(value);
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      if (!(graph_.inputs[i] == value)) continue;
      input_tensors_[i] = Tensor::empty(type.shape, type.dtype, *options_.device);
      return buffers_.add(bytes(value), input_tensors_[i].raw());
    }
    fail("executable", "input '{}' is not among the graph's inputs; add it to them",
         dynamic_cast<const InputOp&>(*value.node()->op).label());
  }

  // The roots of the rank that keeps most: shared memory has one size on all ranks.
  size_t most_roots() const {
    size_t most = 0;
    ShardLayout other = options_.layout;
    for (other.rank = 0; other.rank < other.world; ++other.rank)
      most = std::max(most, root_places(other, step_.passes));
    return most;
  }

  // Lets the gradients of a reduce-scatter be written side by side in one flat buffer.
  void place_inputs(const Node& node) {
    if (!dynamic_cast<const ReduceScatterOp*>(node.op.get())) return;
    const ParameterGroup& group = group_of(node);
    const size_t item = size_of(group.dtype());
    const size_t flat_bytes = static_cast<size_t>(group.elements()) * item * most_roots();
    const int flat = buffers_.add(flat_bytes);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Value& input = node.inputs[i];
      Buffers::Buffer& buffer = buffers_[slots_.at(input)];
      const size_t offset = static_cast<size_t>(group.offsets()[i]) * item;
      const bool placed = !buffer.fixed && buffer.parent < 0 &&
                          input.kind() == ValueKind::partial && owner_of(input) == input &&
                          uses_[input] == 1;
      if (placed) {
        buffer.parent = flat;
        buffer.offset = offset;
        buffer.root_stride = group.elements();
      } else {
        gathered_[&node].push_back({i, offset});
      }
    }
    flat_[&node] = flat;
    // Alone, the flat sums are the share.
    Buffers::Buffer& share = buffers_[slots_.at(self(node, 0))];
    if (!share.fixed) {
      share.parent = flat;
      share.offset = static_cast<size_t>(group.share().begin) * item;
    }
  }

  // The value whose producer wrote the memory: through views.
  static Value owner_of(Value value) {
    while (value.node()->op->view()) value = value.node()->inputs[0];
    return value;
  }

  void note_lives(const Node& node) {
    const int at = static_cast<int>(live_clock_++);
    for (size_t i = 0; i < node.outputs.size(); ++i) buffers_.touch(slots_.at(self(node, i)), at);
    for (const auto& input : node.inputs) buffers_.touch(slots_.at(input), at);
    if (const auto flat = flat_.find(&node); flat != flat_.end()) buffers_.touch(flat->second, at);
    const auto kernel = kernels_.emplace(&node, kernel_for(node)).first->second.get();
    if (!kernel || kernel->workspace_bytes() == 0) return;
    workspaces_[&node] = buffers_.add(kernel->workspace_bytes());
    buffers_.touch(workspaces_[&node], at);
  }

  void finish_memory() {
    const MemoryPlan plan = buffers_.plan();
    const auto& shared = options_.arena;
    const bool fits =
        shared && &shared->device() == options_.device && shared->size() >= plan.bytes;
    step_.arena =
        fits ? shared
             : std::make_shared<Storage>(*options_.device, std::max<size_t>(plan.bytes, 64));
    step_.arena_bytes = plan.bytes;
    buffers_.settle(plan, step_.arena->bytes());
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      const ValueType type = bound(graph_.inputs[i]);
      auto& tensor = input_tensors_[i];
      if (!tensor.defined()) tensor = Tensor::empty(type.shape, type.dtype, *options_.device);
      step_.inputs.push_back(tensor);
    }
    for (const auto& output : graph_.outputs) step_.outputs.push_back(output_tensor(output));
  }

  Tensor output_tensor(const Value& output) {
    const ValueType type = bound(output);
    auto* memory = static_cast<std::byte*>(buffers_.address(slots_.at(output)));
    const size_t size = static_cast<size_t>(type.shape.elements()) * size_of(type.dtype);
    // Borrowed: the arena, the inputs or a variable own it and live as long as the step.
    auto storage = std::make_shared<Storage>(*options_.device, memory, size, step_.arena);
    return Tensor(std::move(storage), 0, type.shape, type.dtype);
  }

  // --- kernels ---------------------------------------------------------------------------------
  bool runs(const Node& node) const {
    if (dynamic_cast<const ConstantOp*>(node.op.get())) return false;
    if (dynamic_cast<const InputOp*>(node.op.get()) || is_view(node)) return false;
    if (node.op->fixed_output(0) && !node.op->input_place()) return false;  // a read
    return true;
  }

  KernelRequest request_for(const Node& node) const {
    KernelRequest request;
    request.op = node.op.get();
    const Place& place = place_of(node);
    request.layout = options_.layout;
    request.shard_rows = place.shard_rows;
    request.roots = place.roots;
    request.reducer = options_.reducer;
    request.first_row = place.first_row;
    for (const auto& input : node.inputs) {
      request.inputs.push_back(bound(input));
      request.input_root_stride.push_back(root_stride(input));
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      request.outputs.push_back(bound(self(node, i)));
      request.output_root_stride.push_back(root_stride(self(node, i)));
    }
    return request;
  }

  std::unique_ptr<Kernel> kernel_for(const Node& node) const {
    if (!runs(node)) return nullptr;
    return make_kernel(request_for(node), options_.device->kind());
  }

  void make_call(const Node& node) {
    auto& kernel = kernels_.at(&node);
    if (!kernel) return;
    for (const auto& [input, offset] : gathered_[&node]) gather_input(node, input, offset);
    std::vector<void*> pointers;
    for (const auto& input : node.inputs) pointers.push_back(buffers_.address(slots_.at(input)));
    if (const auto flat = flat_.find(&node); flat != flat_.end())
      pointers[0] = buffers_.address(flat->second);
    for (size_t i = 0; i < node.outputs.size(); ++i)
      pointers.push_back(buffers_.address(slots_.at(self(node, i))));
    void* workspace = workspaces_.contains(&node) ? buffers_.address(workspaces_[&node]) : nullptr;
    if (node.op->input_place() && pointers[0] == node.op->input_place() && !node.op->collective())
      return;
    add_call(std::move(kernel), pointers, node.inputs.size(), workspace, node);
  }

  void add_call(std::unique_ptr<Kernel> kernel, const std::vector<void*>& pointers, size_t inputs,
                void* workspace, const Node& node) {
    auto table = std::make_unique<void*[]>(pointers.size() + 1);
    std::copy(pointers.begin(), pointers.end(), table.get());
    StepCall call;
    call.call.inputs = table.get();
    call.call.outputs = table.get() + inputs;
    call.call.workspace = workspace;
    for (int64_t phase = 0; phase < kernel->phases(); ++phase)
      call.tiles.push_back(kernel->tiles_of(phase));
    call.kernel = std::move(kernel);
    call.collective = node.op->collective();
    call.label =
        fmt::format("{} {} @ {}", node.op->name(), to_string(bound(self(node, 0))), node.scope);
    call.name = interned(node.scope.empty() ? std::string(node.op->name())
                                            : fmt::format("{} @ {}", node.op->name(), node.scope));
    step_.pointers.push_back(std::move(table));
    step_.calls.push_back(std::move(call));
  }

  // Copies one gradient into the flat buffer, all its roots.
  void gather_input(const Node& node, size_t input, size_t offset) {
    const Value& value = node.inputs[input];
    const CopyOp op;
    KernelRequest request;
    request.op = &op;
    request.layout = options_.layout;
    request.inputs = request.outputs = {bound(value)};
    request.roots = {{0, 1}};
    request.input_root_stride = request.output_root_stride = {0};
    request.inputs[0].kind = request.outputs[0].kind = ValueKind::same;
    const size_t item = size_of(value.dtype());
    for (size_t root = 0; root < places_[0].roots.size(); ++root) {
      const size_t from = root * static_cast<size_t>(root_stride(value)) * item;
      const size_t to = root * static_cast<size_t>(group_of(node).elements()) * item + offset;
      add_call(make_kernel(request, options_.device->kind()),
               {static_cast<std::byte*>(buffers_.address(slots_.at(value))) + from,
                static_cast<std::byte*>(buffers_.address(flat_.at(&node))) + to},
               1, nullptr, node);
      step_.calls.back().collective = false;
    }
  }

  std::shared_ptr<Node> node_pointer(const Node& node) const {
    return order_[static_cast<size_t>(position_.at(&node))];
  }
  Value self(const Node& node, size_t output) const {
    return Value(node_pointer(node), static_cast<int>(output));
  }

  const ExecutableOptions& options_;
  Schedule schedule_;
  const Graph& graph_;
  const std::vector<std::shared_ptr<Node>>& order_;
  std::vector<Place> places_;  // of the rank, then of its passes
  std::unordered_map<const Node*, int> position_;
  std::unordered_map<Value, int, ValueHash> uses_;
  std::unordered_map<Value, int, ValueHash> slots_;  // buffers
  Buffers buffers_;
  std::unordered_map<size_t, Tensor> input_tensors_;
  std::unordered_map<const Node*, int> flat_, workspaces_;
  std::unordered_map<const Node*, std::vector<std::pair<size_t, size_t>>> gathered_;
  std::unordered_map<const Node*, std::unique_ptr<Kernel>> kernels_;
  size_t live_clock_ = 0;
  Step step_;
};

// The most by which a rank exceeds its memory. Ranks that agree on it choose alike. Collective.
size_t shortage(const StepBuilder& builder, const ExecutableOptions& options) {
  const size_t bytes = builder.needed_bytes();
  Reducer& reducer = *options.reducer;
  std::vector<int64_t> each(static_cast<size_t>(reducer.world())), offsets;
  for (int rank = 0; rank <= reducer.world(); ++rank) offsets.push_back(rank);
  each[static_cast<size_t>(reducer.rank())] =
      static_cast<int64_t>(bytes > options.memory ? bytes - options.memory : 0);
  reducer.all_gather(DType::i64, each.data(), offsets);
  return static_cast<size_t>(*std::max_element(each.begin(), each.end()));
}

}  // namespace

Step build_step(const Graph& graph, const ExecutableOptions& options) {
  const Graph lowered = lower(graph, options.training, options.device->kind());
  auto builder = std::make_unique<StepBuilder>(lowered, options, 1);
  if (options.memory == ExecutableOptions::kAnyMemory) return builder->build();
  const auto try_passes = [&](int passes) {
    builder.reset();  // there may not be room for the inputs of two
    builder = std::make_unique<StepBuilder>(lowered, options, passes);
  };
  int best = 1, tried = 1;
  size_t lacking = shortage(*builder, options);
  while (lacking > 0 && 2 * tried <= most_passes(options.layout)) {
    try_passes(tried *= 2);
    const size_t lacks = shortage(*builder, options);
    if (lacks < lacking) lacking = lacks, best = tried;
  }
  if (best != tried) try_passes(best);
  return builder->build();
}

}  // namespace tutti
