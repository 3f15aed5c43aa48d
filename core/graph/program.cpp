#include "core/graph/program.h"

#include <fmt/format.h>

#include "core/graph/elementwise.h"

namespace tutti {
namespace {

int64_t extent_from(const Shape& shape, int first) {
  int64_t product = 1;
  for (int axis = first; axis < shape.rank(); ++axis) product *= shape[axis];
  return product;
}

// The access that repeats along one side of a split, and the axis where the split is.
struct Split {
  Access access;
  int axis;
};

// `input` has the output's rank. Axes of extent 1 on both sides belong to either part.
bool find_split(const Shape& output, const Shape& input, Split& split) {
  int first_repeated = output.rank(), last_repeated = -1, first_kept = output.rank(),
      last_kept = -1;
  for (int axis = 0; axis < output.rank(); ++axis) {
    if (output[axis] == 1) continue;
    const bool repeated = input[axis] == 1;
    if (!repeated && input[axis] != output[axis]) return false;
    int& first = repeated ? first_repeated : first_kept;
    int& last = repeated ? last_repeated : last_kept;
    if (last < 0) first = axis;
    last = axis;
  }
  if (last_repeated < 0) {
    split = {Access::full, 0};
  } else if (last_kept < 0) {
    split = {Access::scalar, 0};
  } else if (last_repeated < first_kept) {
    split = {Access::columns, first_kept};
  } else if (last_kept < first_repeated) {
    split = {Access::rows, first_repeated};
  } else {
    return false;
  }
  return true;
}

}  // namespace

DType Program::dtype_of(int reg) const {
  const size_t index = static_cast<size_t>(reg);
  return index < inputs.size() ? inputs[index].dtype : instructions[index - inputs.size()].dtype;
}

std::string Program::text() const {
  constexpr const char* names[] = {"full", "scalar", "columns", "rows"};
  std::string text = fmt::format("columns {};", columns);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ProgramInput& input = inputs[i];
    const std::string place = input.immediate ? fmt::format("{}", input.number)
                                              : names[static_cast<size_t>(input.access)];
    text += fmt::format(" r{} = {} {};", i, name_of(input.dtype), place);
  }
  for (size_t i = 0; i < instructions.size(); ++i) {
    const Instruction& instruction = instructions[i];
    text += fmt::format(" r{} = {} {}", inputs.size() + i, name_of(instruction.dtype),
                        instruction.op->name);
    for (const int argument : instruction.arguments) text += fmt::format(" r{}", argument);
    text += ";";
  }
  text += " out";
  for (const int output : outputs) text += fmt::format(" r{}", output);
  return text;
}

bool classify(const Shape& output, const Shape& shape, int64_t& columns, Access& access) {
  if (shape.rank() > output.rank()) return false;
  std::vector<int64_t> aligned(static_cast<size_t>(output.rank() - shape.rank()), 1);
  aligned.insert(aligned.end(), shape.dims().begin(), shape.dims().end());
  Split split;
  if (!find_split(output, Shape(std::move(aligned)), split)) return false;
  if (split.access == Access::columns || split.access == Access::rows) {
    const int64_t needed = extent_from(output, split.axis);
    if (columns != 0 && columns != needed) return false;
    columns = needed;
  }
  access = split.access;
  return true;
}

Program single_program(const ElementwiseInfo& op, std::span<const ValueType> inputs,
                       const ValueType& output) {
  Program program;
  program.columns = 0;
  Instruction instruction{&op, {}, output.dtype};
  for (const ValueType& input : inputs) {
    ProgramInput described{input.dtype};
    if (!classify(output.shape, input.shape, program.columns, described.access)) {
      program.columns = 0;
      return program;
    }
    instruction.arguments.push_back(static_cast<int>(program.inputs.size()));
    program.inputs.push_back(described);
  }
  if (program.columns == 0) program.columns = 1;
  program.outputs = {static_cast<int>(inputs.size())};
  program.instructions.push_back(std::move(instruction));
  return program;
}

}  // namespace tutti
