// The kernel slots of everything elementwise: fused programs, single ops and casts.
#include <array>

#include "core/base/error.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/graph/elementwise.h"
#include "core/graph/kernel.h"
#include "core/kernels/cuda/partials.h"
#include "core/kernels/cuda/program_compiler.h"
#include "core/kernels/cuda/program_source.h"

namespace tutti::cuda {
namespace {

class FusedKernel final : public Kernel {
 public:
  FusedKernel(const std::string& source, const KernelRequest& request)
      : program_(source), copies_(request), count_(request.outputs[0].shape.elements()) {
    for (const ValueType& type : request.inputs) input_sizes_.push_back(size_of(type.dtype));
    for (const ValueType& type : request.outputs) output_sizes_.push_back(size_of(type.dtype));
    if (input_sizes_.size() + output_sizes_.size() > CompiledProgram::kMostBuffers)
      fail(ExitCode::internal, "fused", "more than {} buffers; split the program",
           CompiledProgram::kMostBuffers);
  }

  void run(const KernelCall& call, int64_t) const override {
    std::array<void*, CompiledProgram::kMostBuffers> buffers;
    const size_t inputs = input_sizes_.size(), outputs = output_sizes_.size();
    for (int64_t copy = 0; copy < copies_.count(); ++copy) {
      for (size_t i = 0; i < inputs; ++i)
        buffers[i] = at(call.inputs[i], copy * copies_.input_stride(i), input_sizes_[i]);
      for (size_t i = 0; i < outputs; ++i)
        buffers[inputs + i] =
            at(call.outputs[i], copy * copies_.output_stride(i), output_sizes_[i]);
      program_.launch(stream_of(call.stream), count_, std::span(buffers.data(), inputs + outputs));
    }
  }

 private:
  static void* at(void* buffer, int64_t elements, size_t size) {
    return static_cast<std::byte*>(buffer) + elements * static_cast<int64_t>(size);
  }

  CompiledProgram program_;
  RootCopies copies_;
  int64_t count_;
  std::vector<size_t> input_sizes_, output_sizes_;
};

std::unique_ptr<Kernel> make_fused_kernel(const KernelRequest& request) {
  const Program& program = static_cast<const FusedOp&>(*request.op).program();
  return std::make_unique<FusedKernel>(program_source(program, element_places(program)), request);
}

std::unique_ptr<Kernel> make_single_kernel(const KernelRequest& request) {
  const ElementwiseInfo& op = *request.op->elementwise();
  Program program = single_program(op, request.inputs, request.outputs[0]);
  std::vector<std::string> places;
  if (program.columns == 0)
    program = broadcast_program(op, request.inputs, request.outputs[0], places);
  else
    places = element_places(program);
  return std::make_unique<FusedKernel>(program_source(program, places), request);
}

bool register_elementwise_kernels() {
  for (const ElementwiseInfo* op : elementwise_ops())
    register_kernel(op->name, DeviceKind::cuda, make_single_kernel);
  return true;
}

TUTTI_KERNEL("fused", DeviceKind::cuda, make_fused_kernel);
TUTTI_KERNEL("cast", DeviceKind::cuda, make_single_kernel);
[[maybe_unused]] const bool elementwise_kernels_registered = register_elementwise_kernels();

}  // namespace
}  // namespace tutti::cuda
