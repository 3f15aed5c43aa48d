#include "core/kernels/cuda/program_source.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <set>

#include "core/base/error.h"
#include "core/graph/elementwise.h"
#include "core/kernels/cuda/embedded_headers.h"

namespace tutti::cuda {
namespace {

const char* type_of(DType dtype) {
  constexpr const char* names[] = {"float", "double", "int", "i64", "u8",
                                   "bool",  "Bf16",   "F16", "i8"};
  return names[static_cast<size_t>(dtype)];
}

const EmbeddedHeader& header_of(const std::string& op) {
  for (const EmbeddedHeader& header : embedded_headers())
    if (op == header.op) return header;
  fail(ExitCode::missing, op, "no cuda kernel in this build; run this model on another device");
}

// The number as it is in the dtype, with all its bits.
std::string literal(double number, DType dtype) {
  const auto as_integer = [](auto value) {
    return static_cast<unsigned long long>(static_cast<int64_t>(value));
  };
  switch (dtype) {
    case DType::f32:
      return fmt::format("from_bits({:#x}u)", std::bit_cast<uint32_t>(static_cast<float>(number)));
    case DType::f64:
      return fmt::format("from_bits(u64{{{:#x}u}})", std::bit_cast<uint64_t>(number));
    case DType::i32:
      return fmt::format("static_cast<int>({:#x}ull)", as_integer(static_cast<int32_t>(number)));
    case DType::i64:
      return fmt::format("static_cast<i64>({:#x}ull)", as_integer(number));
    case DType::u8:
      return fmt::format("static_cast<u8>({})", static_cast<int>(static_cast<uint8_t>(number)));
    case DType::i8:
      return fmt::format("static_cast<i8>({})", static_cast<int>(static_cast<int8_t>(number)));
    case DType::bool_:
      return number != 0 ? "true" : "false";
    case DType::bf16:
      return fmt::format("Bf16{{{:#x}}}", to_bf16(static_cast<float>(number)).bits);
    case DType::string:
      fail(ExitCode::internal, "program", "no kernel sees text; keep it on the host");
    case DType::f16:
      break;
  }
  return fmt::format("F16{{{:#x}}}", to_f16(static_cast<float>(number)).bits);
}

// Halves are storage: each instruction computes in f32 and rounds its result, as it would alone.
std::string instruction_text(const Program& program, const Instruction& instruction) {
  std::string arguments;
  for (const int argument : instruction.arguments)
    arguments += fmt::format("{}widen(r{})", arguments.empty() ? "" : ", ", argument);
  const char* result = type_of(instruction.dtype);
  if (instruction.op == &cast_info()) {
    // The same dtype: the bits as they are.
    const int argument = instruction.arguments[0];
    if (program.dtype_of(argument) == instruction.dtype) return fmt::format("r{}", argument);
    return fmt::format("Convert<{}>::from({})", result, arguments);
  }
  const DType dtype = program.dtype_of(instruction.arguments.back());
  const char* computed = is_half(dtype) ? "float" : type_of(dtype);
  const std::string call = fmt::format("{}::forward<{}>({})",
                                       header_of(instruction.op->name).record, computed, arguments);
  return is_half(instruction.dtype) ? fmt::format("Convert<{}>::from({})", result, call) : call;
}

std::string includes_text(const Program& program) {
  std::set<std::string> paths;
  for (const Instruction& instruction : program.instructions)
    if (instruction.op != &cast_info()) paths.insert(header_of(instruction.op->name).path);
  std::string text =
      "#define TUTTI_SCALAR_NAMESPACE tutti::scalar\n"
      "#include \"core/kernels/cuda/program_prelude.h\"\n";
  for (const std::string& path : paths) text += fmt::format("#include \"{}\"\n", path);
  return text;
}

}  // namespace

std::vector<std::string> element_places(const Program& program) {
  std::vector<std::string> places;
  // In a view of one column a row's value is an element, and a bias one number.
  const bool flat = program.columns <= 1;
  for (const ProgramInput& input : program.inputs) {
    if (input.immediate) continue;
    switch (input.access) {
      case Access::full:
        places.emplace_back("i");
        break;
      case Access::scalar:
        places.emplace_back("0");
        break;
      case Access::columns:
        places.push_back(flat ? "0" : fmt::format("i % {}", program.columns));
        break;
      case Access::rows:
        places.push_back(flat ? "i" : fmt::format("i / {}", program.columns));
        break;
    }
  }
  return places;
}

std::string program_source(const Program& program, const std::vector<std::string>& places) {
  std::string body;
  size_t buffer = 0;
  for (size_t r = 0; r < program.inputs.size(); ++r) {
    const ProgramInput& input = program.inputs[r];
    const char* type = type_of(input.dtype);
    if (input.immediate) {
      body += fmt::format("  const {} r{} = {};\n", type, r, literal(input.number, input.dtype));
    } else {
      body += fmt::format("  const {0} r{1} = static_cast<const {0}*>(buffers.at[{2}])[{3}];\n",
                          type, r, buffer, places.at(buffer));
      ++buffer;
    }
  }
  for (size_t j = 0; j < program.instructions.size(); ++j)
    body +=
        fmt::format("  const {} r{} = {};\n", type_of(program.instructions[j].dtype),
                    program.inputs.size() + j, instruction_text(program, program.instructions[j]));
  for (const int reg : program.outputs)
    body += fmt::format("  static_cast<{}*>(buffers.at[{}])[i] = r{};\n",
                        type_of(program.dtype_of(reg)), buffer++, reg);
  return includes_text(program) +
         fmt::format(
             "using namespace tutti::scalar;\n"
             "struct Buffers {{\n  void* at[{}];\n}};\n"
             "extern \"C\" __global__ void {}(i64 count, Buffers buffers) {{\n"
             "  const i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;\n"
             "  if (i >= count) return;\n{}}}\n",
             buffer, kProgramKernel, body);
}

Program broadcast_program(const ElementwiseInfo& op, std::span<const ValueType> inputs,
                          const ValueType& output, std::vector<std::string>& places) {
  Program program;
  Instruction instruction{&op, {}, output.dtype};
  for (const ValueType& input : inputs) {
    instruction.arguments.push_back(static_cast<int>(program.inputs.size()));
    program.inputs.push_back({input.dtype, Access::full});
    std::string place = "0";
    int64_t below = 1, stride = 1;
    for (int axis = output.shape.rank() - 1; axis >= 0; --axis) {
      const int own = axis - (output.shape.rank() - input.shape.rank());
      const int64_t extent = own < 0 ? 1 : input.shape[own];
      if (extent > 1) place += fmt::format(" + i / {} % {} * {}", below, extent, stride);
      below *= output.shape[axis];
      stride *= extent;
    }
    places.push_back(std::move(place));
  }
  program.outputs = {static_cast<int>(program.inputs.size())};
  program.instructions.push_back(std::move(instruction));
  return program;
}

}  // namespace tutti::cuda
