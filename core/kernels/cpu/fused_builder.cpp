#include "core/kernels/cpu/fused_builder.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/elementwise.h"
#include "core/kernels/cpu/block_tables.h"

namespace tutti::cpu {
namespace {

template <typename T>
void fill_with(std::byte* to, T value, int64_t count) {
  std::fill_n(reinterpret_cast<T*>(to), count, value);
}

void write_number(std::byte* to, DType dtype, double number, int64_t count) {
  switch (dtype) {
    case DType::f32:
      return fill_with(to, static_cast<float>(number), count);
    case DType::f64:
      return fill_with(to, number, count);
    case DType::i32:
      return fill_with(to, static_cast<int32_t>(number), count);
    case DType::i64:
      return fill_with(to, static_cast<int64_t>(number), count);
    case DType::u8:
      return fill_with(to, static_cast<uint8_t>(number), count);
    case DType::i8:
      return fill_with(to, static_cast<int8_t>(number), count);
    case DType::bool_:
      return fill_with(to, number != 0, count);
    case DType::bf16:
      return fill_with(to, to_bf16(static_cast<float>(number)), count);
    case DType::f16:
      return fill_with(to, to_f16(static_cast<float>(number)), count);
    case DType::string:
      break;  // no kernel sees text
  }
}

}  // namespace

void RunnerBuilder::build() {
  runner_.columns_ = std::max<int64_t>(1, program_.columns);
  lower_inputs();
  for (const Instruction& instruction : program_.instructions) lower_instruction(instruction);
  lower_outputs();
  if (registers_.size() > ProgramRunner::kMostRegisters ||
      program_.outputs.size() > ProgramRunner::kMostOutputs)
    fail(ExitCode::internal, "fused",
         "{} registers and {} outputs exceed {} and {}; split the program", registers_.size(),
         program_.outputs.size(), ProgramRunner::kMostRegisters, ProgramRunner::kMostOutputs);
  place_inputs();
  find_late_outputs();
  place_results();
  fit_block();
  write_constants();
}

int RunnerBuilder::add_register(DType dtype) {
  registers_.push_back({dtype});
  return static_cast<int>(registers_.size()) - 1;
}

int RunnerBuilder::add_step(BlockFunction function, const std::vector<int>& arguments,
                            DType dtype) {
  const int step = static_cast<int>(runner_.steps_.size());
  int16_t regs[3] = {0, 0, 0};
  for (size_t i = 0; i < arguments.size(); ++i) {
    registers_[static_cast<size_t>(arguments[i])].last_use = step;
    regs[i] = static_cast<int16_t>(arguments[i]);
  }
  const int result = add_register(dtype);
  registers_.back().made_by = step;
  runner_.steps_.push_back({function, regs[0], regs[1], regs[2], static_cast<int16_t>(result)});
  return result;
}

bool RunnerBuilder::is_scalar(int reg) const {
  const Register& entry = registers_[static_cast<size_t>(reg)];
  return entry.input >= 0 && !entry.repeated &&
         access_[static_cast<size_t>(entry.input)] == Access::scalar;
}

int RunnerBuilder::laid_out(int reg) {
  if (!is_scalar(reg)) return reg;
  const auto found = laid_out_.find(reg);
  if (found != laid_out_.end()) return found->second;
  Register copy = registers_[static_cast<size_t>(reg)];
  copy.repeated = true;
  copy.last_use = -1;
  registers_.push_back(copy);
  return laid_out_[reg] = static_cast<int>(registers_.size()) - 1;
}

int RunnerBuilder::add_cast(int reg, DType to) {
  reg = laid_out(reg);
  return add_step(cast_block(registers_[static_cast<size_t>(reg)].dtype, to, isa_), {reg}, to);
}

int RunnerBuilder::widened(int reg) {
  const auto found = widened_.find(reg);
  if (found != widened_.end()) return found->second;
  return widened_[reg] = add_cast(reg, DType::f32);
}

void RunnerBuilder::lower_inputs() {
  int buffers = 0;
  for (const ProgramInput& input : program_.inputs) {
    register_of_.push_back(add_register(input.dtype));
    registers_.back().input = static_cast<int>(access_.size());
    // In a view of one column a row's value is an element, and a bias one number.
    const bool flat = runner_.columns_ == 1;
    Access access = input.immediate ? Access::scalar : input.access;
    if (flat && access == Access::rows) access = Access::full;
    if (flat && access == Access::columns) access = Access::scalar;
    access_.push_back(access);
    buffer_of_.push_back(input.immediate ? -1 : buffers++);
  }
}

// Ops of two arguments take a scalar as it is, others need it laid out.
BlockFunction RunnerBuilder::find_block(const Instruction& instruction,
                                        std::vector<int>& arguments) {
  const DType dtype = registers_[static_cast<size_t>(arguments.back())].dtype;
  auto one = OneElement::neither;
  if (arguments.size() == 2 && is_scalar(arguments[0]) != is_scalar(arguments[1]))
    one = is_scalar(arguments[0]) ? OneElement::a : OneElement::b;
  if (one == OneElement::neither)
    for (int& argument : arguments) argument = laid_out(argument);
  return elementwise_block(instruction.op->name, dtype, isa_, one);
}

// Halves are storage: each instruction computes in f32 and rounds its result, as it would alone.
void RunnerBuilder::lower_instruction(const Instruction& instruction) {
  std::vector<int> arguments;
  for (const int argument : instruction.arguments)
    arguments.push_back(register_of_[static_cast<size_t>(argument)]);
  if (instruction.op == &cast_info()) {
    register_of_.push_back(add_cast(arguments[0], instruction.dtype));
    return;
  }
  for (int& argument : arguments)
    if (is_half(registers_[static_cast<size_t>(argument)].dtype)) argument = widened(argument);
  const BlockFunction function = find_block(instruction, arguments);
  const DType result = is_half(instruction.dtype) ? DType::f32 : instruction.dtype;
  const int reg = add_step(function, arguments, result);
  register_of_.push_back(is_half(instruction.dtype) ? add_cast(reg, instruction.dtype) : reg);
}

// Each output is written by a step of its own.
void RunnerBuilder::lower_outputs() {
  for (size_t i = 0; i < program_.outputs.size(); ++i) {
    int reg = register_of_[static_cast<size_t>(program_.outputs[i])];
    const Register& wanted = registers_[static_cast<size_t>(reg)];
    if (wanted.made_by < 0 || wanted.output >= 0) reg = add_cast(reg, wanted.dtype);
    registers_[static_cast<size_t>(reg)].output = static_cast<int>(i);
  }
}

int RunnerBuilder::take_slot() {
  if (free_slots_.empty()) return slots_++;
  const int slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

void RunnerBuilder::place_inputs() {
  for (size_t reg = 0; reg < registers_.size(); ++reg) {
    const Register& entry = registers_[reg];
    if (entry.input < 0 || entry.last_use < 0) continue;
    const auto input = static_cast<size_t>(entry.input);
    if (program_.inputs[input].immediate) {
      runner_.constant_places_.push_back({static_cast<int16_t>(reg), 0});
      continue;
    }
    ProgramRunner::Stream stream{static_cast<int16_t>(reg), static_cast<int16_t>(buffer_of_[input]),
                                 static_cast<int32_t>(size_of(entry.dtype)), access_[input]};
    if (stream.access == Access::full) {
      runner_.inputs_.push_back(stream);
    } else if (stream.access == Access::scalar && !entry.repeated) {
      runner_.scalars_.push_back(stream);
    } else {
      stream.slot = take_slot();  // for the whole run
      runner_.repeated_.push_back(stream);
    }
  }
}

void RunnerBuilder::find_late_outputs() {
  for (size_t reg = 0; reg < registers_.size(); ++reg) {
    Register& entry = registers_[reg];
    if (entry.output < 0) continue;
    const ProgramRunner::Stream stream{static_cast<int16_t>(reg),
                                       static_cast<int16_t>(entry.output),
                                       static_cast<int32_t>(size_of(entry.dtype))};
    std::vector<int16_t> later;
    for (const auto& input : runner_.inputs_)
      if (registers_[static_cast<size_t>(input.reg)].last_use > entry.made_by)
        later.push_back(input.buffer);
    if (later.empty()) {
      runner_.outputs_.push_back(stream);
    } else {
      runner_.late_.push_back(
          {stream.reg, stream.buffer, stream.size, take_slot(), std::move(later)});
    }
  }
}

void RunnerBuilder::place_results() {
  for (size_t step = 0; step < runner_.steps_.size(); ++step) {
    Register& result = registers_[static_cast<size_t>(runner_.steps_[step].result)];
    if (result.output < 0) result.slot = take_slot();
    for (Register& other : registers_)
      if (other.slot >= 0 && other.last_use == static_cast<int>(step))
        free_slots_.push_back(other.slot);
  }
}

// Halves the block until all slots fit the scratch.
void RunnerBuilder::fit_block() {
  int64_t widest = 1;
  for (const Register& reg : registers_)
    widest = std::max(widest, static_cast<int64_t>(size_of(reg.dtype)));
  const int64_t slots = std::max(slots_, 1);
  while (runner_.block_ > 16 && slots * runner_.block_ * widest > kScratchBytes)
    runner_.block_ /= 2;
  if (slots * runner_.block_ * widest > kScratchBytes)
    fail(ExitCode::internal, "fused",
         "{} values live at once exceed the scratch; split the program", slots);
  slot_bytes_ = (runner_.block_ * widest + 63) / 64 * 64;
  for (auto& stream : runner_.repeated_)
    stream.slot = static_cast<int32_t>(stream.slot * slot_bytes_);
  for (auto& late : runner_.late_) late.slot = static_cast<int32_t>(late.slot * slot_bytes_);
  for (size_t reg = 0; reg < registers_.size(); ++reg)
    if (registers_[reg].slot >= 0)
      runner_.slots_.push_back(
          {static_cast<int16_t>(reg), static_cast<int32_t>(registers_[reg].slot * slot_bytes_)});
}

void RunnerBuilder::write_constants() {
  const auto lines_of = [&](const ProgramRunner::Fixed& place) {
    const bool whole = registers_[static_cast<size_t>(place.reg)].repeated;
    return static_cast<size_t>(whole ? slot_bytes_ / 64 : 1);
  };
  size_t lines = 0;
  for (auto& place : runner_.constant_places_) {
    place.offset = static_cast<int32_t>(lines * sizeof(ProgramRunner::Line));
    lines += lines_of(place);
  }
  runner_.constants_.resize(lines);
  for (const auto& place : runner_.constant_places_) {
    const Register& entry = registers_[static_cast<size_t>(place.reg)];
    const ProgramInput& input = program_.inputs[static_cast<size_t>(entry.input)];
    write_number(reinterpret_cast<std::byte*>(runner_.constants_.data()) + place.offset,
                 input.dtype, input.number, entry.repeated ? runner_.block_ : 1);
  }
}

ProgramRunner::ProgramRunner(const Program& program, Isa isa) {
  RunnerBuilder(program, isa, *this).build();
}

}  // namespace tutti::cpu
