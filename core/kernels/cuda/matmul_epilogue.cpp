#include "core/kernels/cuda/matmul_epilogue.h"

#include <array>
#include <string_view>

#include "core/base/error.h"
#include "core/device/cuda/cuda_stream.h"
#include "core/graph/elementwise.h"
#include "core/kernels/cuda/program_source.h"

namespace tutti::cuda {
namespace {

bool applies(const Instruction& instruction, std::string_view op, std::vector<int> arguments) {
  return instruction.op->name == op && instruction.arguments == arguments;
}

}  // namespace

ProductEpilogue library_epilogue(const Program& program, int64_t columns) {
  const auto& steps = program.instructions;
  const int inputs = static_cast<int>(program.inputs.size());
  if (steps.empty() ||
      program.outputs != std::vector<int>{inputs + static_cast<int>(steps.size()) - 1})
    return ProductEpilogue::none;
  for (const ProgramInput& input : program.inputs)
    if (input.immediate || input.dtype != program.inputs[0].dtype) return ProductEpilogue::none;
  if (inputs == 1)
    return steps.size() == 1 && applies(steps[0], "relu", {0}) ? ProductEpilogue::relu
                                                               : ProductEpilogue::none;
  const bool bias = inputs == 2 && program.inputs[1].access == Access::columns && columns > 1 &&
                    program.columns == columns &&
                    (applies(steps[0], "add", {0, 1}) || applies(steps[0], "add", {1, 0}));
  if (!bias || steps.size() > 2) return ProductEpilogue::none;
  if (steps.size() == 1) return ProductEpilogue::bias;
  return applies(steps[1], "relu", {2}) ? ProductEpilogue::bias_relu : ProductEpilogue::none;
}

MatmulProgram::MatmulProgram(const Program& program, const KernelRequest& request)
    : program_(program_source(program, element_places(program))),
      count_(request.outputs[0].shape.elements()),
      further_(request.inputs.size() - 2),
      outputs_(request.outputs.size()),
      place_(outputs_) {
  if (1 + further_ + outputs_ > CompiledProgram::kMostBuffers)
    fail(ExitCode::internal, "matmul", "an epilogue of {} inputs is too long; fuse fewer",
         further_);
  const DType dtype = request.inputs[0].dtype;
  for (size_t i = outputs_; i-- > 0;)
    if (request.outputs[i].dtype == dtype) place_ = i;
  if (place_ == outputs_) bytes_ = static_cast<size_t>(count_) * size_of(dtype);
}

void MatmulProgram::run(const KernelCall& call, void* product) const {
  std::array<void*, CompiledProgram::kMostBuffers> buffers;
  buffers[0] = product;
  for (size_t i = 0; i < further_; ++i) buffers[1 + i] = call.inputs[2 + i];
  for (size_t i = 0; i < outputs_; ++i) buffers[1 + further_ + i] = call.outputs[i];
  program_.launch(stream_of(call.stream), count_,
                  std::span(buffers.data(), 1 + further_ + outputs_));
}

}  // namespace tutti::cuda
