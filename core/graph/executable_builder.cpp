#include "core/graph/executable_builder.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/parameter_group_ops.h"
#include "core/graph/passes/passes.h"
#include "core/graph/schedule.h"

namespace tutti {
namespace {

constexpr int kForever = std::numeric_limits<int>::max();

// A piece of memory that values live in.
struct Buffer {
  void* fixed = nullptr;  // not in the arena
  size_t bytes = 0;
  int first = kForever, last = -1;
  int parent = -1;  // inside another buffer, at `offset`
  size_t offset = 0;
};

struct Slot {
  int buffer = -1;
  int64_t root_stride = 0;  // elements between roots of a partial
};

class StepBuilder {
 public:
  StepBuilder(const Graph& graph, const ExecutableOptions& options)
      : options_(options),
        schedule_(schedule_step(lower(graph, options.training))),
        graph_(schedule_.graph),
        order_(schedule_.order) {
    const Range shards = options.layout.owned_shards();
    const Range rows = options.layout.owned_rows();
    rows_ = rows.size();
    first_row_ = rows.begin;
    for (int64_t s = shards.begin; s < shards.end; ++s)
      shard_rows_.push_back(options.layout.rows_of(s).begin - rows.begin);
    shard_rows_.push_back(rows_);
    for (const auto& root : options.layout.roots())
      roots_.push_back({root.begin - shards.begin, root.end - shards.begin});
  }

  Step build() {
    for (size_t i = 0; i < order_.size(); ++i) position_[order_[i].get()] = static_cast<int>(i);
    for (const auto& node : order_)
      for (const auto& input : node->inputs) ++uses_[input];
    for (const auto& node : order_) assign_slots(*node);
    for (const auto& node : order_) place_inputs(*node);
    for (const auto& node : order_) note_lives(*node);
    finish_memory();
    for (const auto& node : order_) make_call(*node);
    step_.nodes = order_;
    return std::move(step_);
  }

 private:
  // --- types -----------------------------------------------------------------------------------
  ValueType bound(const ValueType& type) const {
    ValueType result = type;
    if (type.kind == ValueKind::row) result.shape = type.shape.with_rows(rows_);
    // Rows of all ranks, gathered.
    if (type.kind == ValueKind::same) result.shape = type.shape.with_rows(options_.layout.batch);
    return result;
  }
  int64_t elements(const Value& value) const { return bound(value.type()).shape.elements(); }
  size_t bytes(const Value& value) const {
    const size_t copies = value.kind() == ValueKind::partial ? roots_.size() : 1;
    return static_cast<size_t>(elements(value)) * size_of(value.dtype()) * copies;
  }

  // True if the node's output is its input's memory.
  bool is_view(const Node& node) const {
    if (node.op->view()) return true;
    return dynamic_cast<const SumRowsOp*>(node.op.get()) && options_.layout.world == 1;
  }

  // --- memory ----------------------------------------------------------------------------------
  int new_buffer(size_t size, void* fixed = nullptr) {
    buffers_.push_back({fixed, size});
    return static_cast<int>(buffers_.size()) - 1;
  }

  void assign_slots(const Node& node) {
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const Value value = self(node, i);
      Slot slot;
      slot.root_stride = value.kind() == ValueKind::partial ? elements(value) : 0;
      if (const auto direct = schedule_.direct.find(value); direct != schedule_.direct.end()) {
        slot.buffer = new_buffer(bytes(value), direct->second);
      } else if (void* fixed = node.op->fixed_output(i)) {
        slot.buffer = new_buffer(bytes(value), fixed);
      } else if (const Tensor* constant = constant_of(value)) {
        step_.constants.push_back(constant->to(*options_.device));
        slot.buffer = new_buffer(bytes(value), step_.constants.back().raw());
      } else if (dynamic_cast<const InputOp*>(node.op.get())) {
        slot.buffer = input_buffer(value);
      } else if (is_view(node)) {
        slot = slots_.at(node.inputs[0]);
      } else {
        slot.buffer = new_buffer(bytes(value));
      }
      slots_[value] = slot;
    }
  }

  int input_buffer(const Value& value) {
    const ValueType type = bound(value.type());
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      if (!(graph_.inputs[i] == value)) continue;
      input_tensors_[i] = Tensor(type.shape, type.dtype, *options_.device);
      return new_buffer(bytes(value), input_tensors_[i].raw());
    }
    fail("executable", "input '{}' is not among the graph's inputs; add it to them",
         dynamic_cast<const InputOp&>(*value.node()->op).label());
  }

  // The roots of the rank that owns most: shared memory has one size on all ranks.
  size_t most_roots() const {
    size_t most = 0;
    ShardLayout other = options_.layout;
    for (other.rank = 0; other.rank < other.world; ++other.rank)
      most = std::max(most, other.roots().size());
    return most;
  }

  // Lets the gradients of a reduce-scatter be written side by side in one flat buffer.
  void place_inputs(const Node& node) {
    const auto* scatter = dynamic_cast<const ReduceScatterOp*>(node.op.get());
    if (!scatter) return;
    ParameterGroup& group = scatter->group();
    const size_t item = size_of(group.dtype());
    const size_t flat_bytes = static_cast<size_t>(group.elements()) * item * most_roots();
    const int flat = new_buffer(flat_bytes, group.partials_memory(flat_bytes));
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Value& input = node.inputs[i];
      Slot& slot = slots_.at(input);
      Buffer& buffer = buffers_[static_cast<size_t>(slot.buffer)];
      const size_t offset = static_cast<size_t>(group.offsets()[i]) * item;
      const bool placed = !buffer.fixed && buffer.parent < 0 &&
                          input.kind() == ValueKind::partial && owner_of(input) == input &&
                          uses_[input] == 1;
      if (placed) {
        buffer.parent = flat;
        buffer.offset = offset;
        slot.root_stride = group.elements();
      } else {
        gathered_[&node].push_back({i, offset});
      }
    }
    flat_[&node] = flat;
    // Alone, the flat sums are the share.
    Slot& output = slots_.at(self(node, 0));
    Buffer& share = buffers_[static_cast<size_t>(output.buffer)];
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

  void touch(int buffer, int at) {
    for (int b = buffer; b >= 0; b = buffers_[static_cast<size_t>(b)].parent) {
      Buffer& info = buffers_[static_cast<size_t>(b)];
      info.first = std::min(info.first, at);
      info.last = std::max(info.last, at);
    }
  }

  void note_lives(const Node& node) {
    const int at = static_cast<int>(live_clock_++);
    for (size_t i = 0; i < node.outputs.size(); ++i) touch(slots_.at(self(node, i)).buffer, at);
    for (const auto& input : node.inputs) touch(slots_.at(input).buffer, at);
    if (const auto flat = flat_.find(&node); flat != flat_.end()) touch(flat->second, at);
    const auto kernel = kernels_.emplace(&node, kernel_for(node)).first->second.get();
    if (!kernel || kernel->workspace_bytes() == 0) return;
    workspaces_[&node] = new_buffer(kernel->workspace_bytes());
    touch(workspaces_[&node], at);
  }

  void finish_memory() {
    for (const auto& output : graph_.outputs) touch(slots_.at(output).buffer, kForever);
    std::vector<BufferLife> lives;
    std::vector<size_t> planned;
    for (size_t i = 0; i < buffers_.size(); ++i) {
      const Buffer& buffer = buffers_[i];
      if (buffer.fixed || buffer.parent >= 0 || buffer.last < 0) continue;
      lives.push_back({buffer.bytes, buffer.first, buffer.last});
      planned.push_back(i);
    }
    const MemoryPlan plan = plan_memory(lives);
    const auto& shared = options_.arena;
    const bool fits =
        shared && &shared->device() == options_.device && shared->size() >= plan.bytes;
    step_.arena =
        fits ? shared
             : std::make_shared<Storage>(*options_.device, std::max<size_t>(plan.bytes, 64));
    step_.arena_bytes = plan.bytes;
    for (size_t i = 0; i < planned.size(); ++i)
      buffers_[planned[i]].fixed = step_.arena->bytes() + plan.offsets[i];
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      const ValueType type = bound(graph_.inputs[i].type());
      auto& tensor = input_tensors_[i];
      if (!tensor.defined()) tensor = Tensor(type.shape, type.dtype, *options_.device);
      step_.inputs.push_back(tensor);
    }
    for (const auto& output : graph_.outputs) step_.outputs.push_back(output_tensor(output));
  }

  Tensor output_tensor(const Value& output) {
    const ValueType type = bound(output.type());
    auto* memory = static_cast<std::byte*>(address(slots_.at(output).buffer));
    const size_t size = static_cast<size_t>(type.shape.elements()) * size_of(type.dtype);
    // Borrowed: the arena, the inputs or a variable own it and live as long as the step.
    auto storage = std::make_shared<Storage>(*options_.device, memory, size, step_.arena);
    return Tensor(std::move(storage), 0, type.shape, type.dtype);
  }

  void* address(int buffer) const {
    const Buffer& info = buffers_[static_cast<size_t>(buffer)];
    if (info.parent < 0 || info.fixed) return info.fixed;
    return static_cast<std::byte*>(address(info.parent)) + info.offset;
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
    request.layout = options_.layout;
    request.shard_rows = shard_rows_;
    request.roots = roots_;
    request.reducer = options_.reducer;
    request.first_row = first_row_;
    for (const auto& input : node.inputs) {
      request.inputs.push_back(bound(input.type()));
      request.input_root_stride.push_back(slots_.at(input).root_stride);
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      request.outputs.push_back(bound(node.outputs[i]));
      request.output_root_stride.push_back(slots_.at(self(node, i)).root_stride);
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
    for (const auto& input : node.inputs) pointers.push_back(address(slots_.at(input).buffer));
    if (const auto flat = flat_.find(&node); flat != flat_.end())
      pointers[0] = address(flat->second);
    for (size_t i = 0; i < node.outputs.size(); ++i)
      pointers.push_back(address(slots_.at(self(node, i)).buffer));
    void* workspace = workspaces_.contains(&node) ? address(workspaces_[&node]) : nullptr;
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
        fmt::format("{} {} @ {}", node.op->name(), to_string(bound(node.outputs[0])), node.scope);
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
    request.inputs = request.outputs = {bound(value.type())};
    request.roots = {{0, 1}};
    request.input_root_stride = request.output_root_stride = {0};
    request.inputs[0].kind = request.outputs[0].kind = ValueKind::same;
    const size_t item = size_of(value.dtype());
    const auto* scatter = dynamic_cast<const ReduceScatterOp*>(node.op.get());
    for (size_t root = 0; root < roots_.size(); ++root) {
      const size_t from = root * static_cast<size_t>(slots_.at(value).root_stride) * item;
      const size_t to = root * static_cast<size_t>(scatter->group().elements()) * item + offset;
      add_call(make_kernel(request, options_.device->kind()),
               {static_cast<std::byte*>(address(slots_.at(value).buffer)) + from,
                static_cast<std::byte*>(address(flat_.at(&node))) + to},
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
  int64_t rows_ = 0, first_row_ = 0;
  std::vector<int64_t> shard_rows_;
  std::vector<Range> roots_;
  std::unordered_map<const Node*, int> position_;
  std::unordered_map<Value, int, ValueHash> uses_;
  std::unordered_map<Value, Slot, ValueHash> slots_;
  std::vector<Buffer> buffers_;
  std::unordered_map<size_t, Tensor> input_tensors_;
  std::unordered_map<const Node*, int> flat_, workspaces_;
  std::unordered_map<const Node*, std::vector<std::pair<size_t, size_t>>> gathered_;
  std::unordered_map<const Node*, std::unique_ptr<Kernel>> kernels_;
  size_t live_clock_ = 0;
  Step step_;
};

}  // namespace

Step build_step(const Graph& graph, const ExecutableOptions& options) {
  return StepBuilder(graph, options).build();
}

}  // namespace tutti
