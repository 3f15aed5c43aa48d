// The kernel slots of everything elementwise: fused programs, single ops and casts, on row values,
// plain values and partials (once per root).
#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/graph/elementwise.h"
#include "core/graph/kernel.h"
#include "core/graph/program.h"
#include "core/kernels/cpu/block_tables.h"
#include "core/kernels/cpu/fused.h"
#include "core/kernels/cpu/known_program.h"

namespace tutti::cpu {
namespace {

constexpr int64_t kTileElements = 8 * 1024;

int64_t tiles_for(int64_t total, int64_t step) { return (total + step - 1) / step; }

// The buffers of one root of partial values; values of other kinds have one root.
class RootBuffers {
 public:
  explicit RootBuffers(const KernelRequest& request) {
    for (size_t i = 0; i < request.inputs.size(); ++i)
      inputs_.push_back(stride(request, request.inputs[i], request.input_root_stride, i));
    for (size_t i = 0; i < request.outputs.size(); ++i)
      outputs_.push_back(stride(request, request.outputs[i], request.output_root_stride, i));
    if (inputs_.size() > kMost || outputs_.size() > kMost)
      fail(ExitCode::internal, request.op->name(), "more than {} buffers; split the program",
           kMost);
  }

  static constexpr size_t kMost = 512;
  struct Buffers {
    std::array<std::byte*, kMost> inputs, outputs;
  };

  int64_t roots() const { return roots_; }
  bool single() const { return roots_ == 1; }
  size_t inputs() const { return inputs_.size(); }
  size_t outputs() const { return outputs_.size(); }

  void place(const KernelCall& call, int64_t root, Buffers& buffers) const {
    for (size_t i = 0; i < inputs_.size(); ++i)
      buffers.inputs[i] = static_cast<std::byte*>(call.inputs[i]) + root * inputs_[i];
    for (size_t i = 0; i < outputs_.size(); ++i)
      buffers.outputs[i] = static_cast<std::byte*>(call.outputs[i]) + root * outputs_[i];
  }

 private:
  int64_t stride(const KernelRequest& request, const ValueType& type,
                 const std::vector<int64_t>& strides, size_t index) {
    if (type.kind != ValueKind::partial) return 0;
    roots_ = static_cast<int64_t>(request.roots.size());
    return strides[index] * static_cast<int64_t>(size_of(type.dtype));
  }

  int64_t roots_ = 1;
  std::vector<int64_t> inputs_, outputs_;  // bytes between roots
};

class ProgramKernel final : public Kernel {
 public:
  ProgramKernel(const Program& program, const KernelRequest& request)
      : runner_(program), known_(KnownProgramRun::find(program)), buffers_(request) {
    const int64_t columns = runner_.columns();
    rows_ = request.outputs[0].shape.elements() / std::max<int64_t>(columns, 1);
    tile_rows_ = std::max<int64_t>(1, kTileElements / columns);
    tile_columns_ = std::min(columns, kTileElements);
    across_ = tiles_for(columns, tile_columns_);
    down_ = tiles_for(rows_, tile_rows_);
  }

  int64_t tiles() const override { return buffers_.roots() * across_ * down_; }

  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t root = tile / (across_ * down_), at = tile % (across_ * down_);
    const int64_t row = at / across_ * tile_rows_, column = at % across_ * tile_columns_;
    const int64_t row_end = std::min(row + tile_rows_, rows_);
    const int64_t column_end = std::min(column + tile_columns_, runner_.columns());
    if (buffers_.single())
      return run_part(call.inputs, call.outputs, row, row_end, column, column_end);
    RootBuffers::Buffers buffers;
    buffers_.place(call, root, buffers);
    run_part(reinterpret_cast<const void* const*>(buffers.inputs.data()),
             reinterpret_cast<void* const*>(buffers.outputs.data()), row, row_end, column,
             column_end);
  }

 private:
  void run_part(const void* const* inputs, void* const* outputs, int64_t row, int64_t row_end,
                int64_t column, int64_t column_end) const {
    if (known_) return known_->run(inputs, outputs, row, row_end);
    runner_.run(inputs, outputs, row, row_end, column, column_end);
  }

  ProgramRunner runner_;
  std::optional<KnownProgramRun> known_;
  RootBuffers buffers_;
  int64_t rows_ = 0, tile_rows_ = 1, tile_columns_ = 1, across_ = 1, down_ = 1;
};

// An op whose arguments repeat in a pattern that no Access has: the longest run of trailing axes
// along which each argument only walks or only stands is one flat program; the axes before it are
// walked here.
class BroadcastKernel final : public Kernel {
 public:
  BroadcastKernel(const ElementwiseInfo& op, const KernelRequest& request)
      : shape_(request.outputs[0].shape),
        inner_axis_(find_inner_axis(request)),
        runner_(inner_program(op, request)),
        buffers_(request),
        output_size_(static_cast<int64_t>(size_of(request.outputs[0].dtype))) {
    for (int axis = inner_axis_; axis < shape_.rank(); ++axis) inner_ *= shape_[axis];
    for (int axis = 0; axis < inner_axis_; ++axis) outer_ *= shape_[axis];
    tile_outer_ = std::max<int64_t>(1, kTileElements / std::max<int64_t>(inner_, 1));
    for (const ValueType& input : request.inputs) strides_.push_back(byte_strides(input));
  }

  int64_t tiles() const override { return buffers_.roots() * tiles_for(outer_, tile_outer_); }

  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t per_root = tiles_for(outer_, tile_outer_);
    const int64_t begin = tile % per_root * tile_outer_;
    RootBuffers::Buffers buffers;
    buffers_.place(call, tile / per_root, buffers);
    for (int64_t at = begin; at < std::min(begin + tile_outer_, outer_); ++at) {
      std::array<const void*, 3> inputs{};
      for (size_t i = 0; i < strides_.size(); ++i) inputs[i] = buffers.inputs[i] + offset(i, at);
      void* output = buffers.outputs[0] + at * inner_ * output_size_;
      runner_.run(inputs.data(), &output, 0, inner_);
    }
  }

 private:
  int64_t extent(const ValueType& input, int axis) const {
    const int own = axis - (shape_.rank() - input.shape.rank());
    return own < 0 ? 1 : input.shape[own];
  }
  bool walks(const ValueType& input, int axis) const { return extent(input, axis) == shape_[axis]; }

  int find_inner_axis(const KernelRequest& request) const {
    int first = shape_.rank();
    while (first > 0) {
      const bool joins = std::ranges::all_of(request.inputs, [&](const ValueType& input) {
        return walks(input, first - 1) == walks(input, shape_.rank() - 1);
      });
      if (!joins) break;
      --first;
    }
    return first;
  }

  Program inner_program(const ElementwiseInfo& op, const KernelRequest& request) const {
    Program program;
    Instruction instruction{&op, {}, request.outputs[0].dtype};
    for (const ValueType& input : request.inputs) {
      const bool full = walks(input, shape_.rank() - 1);
      instruction.arguments.push_back(static_cast<int>(program.inputs.size()));
      program.inputs.push_back({input.dtype, full ? Access::full : Access::scalar});
    }
    program.outputs = {static_cast<int>(program.inputs.size())};
    program.instructions.push_back(std::move(instruction));
    return program;
  }

  // Of the outer axes; 0 where the input stands.
  std::vector<int64_t> byte_strides(const ValueType& input) const {
    std::vector<int64_t> strides(static_cast<size_t>(inner_axis_), 0);
    int64_t step = static_cast<int64_t>(size_of(input.dtype));
    for (int axis = shape_.rank() - 1; axis >= 0; --axis) {
      const int64_t own = extent(input, axis);
      if (axis < inner_axis_ && own != 1) strides[static_cast<size_t>(axis)] = step;
      step *= own;
    }
    return strides;
  }
  int64_t offset(size_t input, int64_t at) const {
    int64_t bytes = 0;
    for (int axis = inner_axis_ - 1; axis >= 0; --axis) {
      bytes += at % shape_[axis] * strides_[input][static_cast<size_t>(axis)];
      at /= shape_[axis];
    }
    return bytes;
  }

  Shape shape_;
  int inner_axis_;
  ProgramRunner runner_;
  RootBuffers buffers_;
  int64_t output_size_, inner_ = 1, outer_ = 1, tile_outer_ = 1;
  std::vector<std::vector<int64_t>> strides_;
};

std::unique_ptr<Kernel> make_fused(const KernelRequest& request) {
  return std::make_unique<ProgramKernel>(static_cast<const FusedOp&>(*request.op).program(),
                                         request);
}

std::unique_ptr<Kernel> make_single(const KernelRequest& request) {
  const ElementwiseInfo& op = *request.op->elementwise();
  const Program program = single_program(op, request.inputs, request.outputs[0]);
  if (program.columns == 0) return std::make_unique<BroadcastKernel>(op, request);
  return std::make_unique<ProgramKernel>(program, request);
}

bool register_elementwise_kernels() {
  for (const ElementwiseBlocks& op : elementwise_blocks())
    register_kernel(op.name, DeviceKind::cpu, make_single);
  return true;
}

TUTTI_KERNEL("fused", DeviceKind::cpu, make_fused);
TUTTI_KERNEL("cast", DeviceKind::cpu, make_single);
[[maybe_unused]] const bool elementwise_kernels_registered = register_elementwise_kernels();

}  // namespace
}  // namespace tutti::cpu
