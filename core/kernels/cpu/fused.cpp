#include "core/kernels/cpu/fused.h"

#include <algorithm>
#include <bitset>
#include <cstring>

#include "core/kernels/cpu/fused_builder.h"

namespace tutti::cpu {
namespace {

alignas(64) thread_local std::byte program_scratch[RunnerBuilder::kScratchBytes];
thread_local std::byte* program_registers[ProgramRunner::kMostRegisters];

template <typename T>
void repeat_element(std::byte* to, const std::byte* from, int64_t count) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  std::fill_n(reinterpret_cast<T*>(to), count, value);
}

void repeat_element(std::byte* to, const std::byte* from, int32_t size, int64_t count) {
  switch (size) {
    case 1:
      return repeat_element<uint8_t>(to, from, count);
    case 2:
      return repeat_element<uint16_t>(to, from, count);
    case 4:
      return repeat_element<uint32_t>(to, from, count);
    default:
      return repeat_element<uint64_t>(to, from, count);
  }
}

// `count` copies of the `bytes` at `from`, each time doubling what is there.
void repeat_bytes(std::byte* to, const std::byte* from, int64_t bytes, int64_t count) {
  std::memcpy(to, from, static_cast<size_t>(bytes));
  for (int64_t done = 1; done < count; done *= 2)
    std::memcpy(to + done * bytes, to, static_cast<size_t>(std::min(done, count - done) * bytes));
}

}  // namespace

// What one run knows: the buffers, and where each register is now.
struct ProgramRunner::Pass {
  const std::byte* const* inputs;
  std::byte* const* outputs;
  std::byte* scratch;
  std::byte** at;
  std::bitset<kMostOutputs> waiting;  // of late_: those that wait in their slots
};

void ProgramRunner::run(const void* const* inputs, void* const* outputs, int64_t row_begin,
                        int64_t row_end) const {
  run(inputs, outputs, row_begin, row_end, 0, columns_);
}

void ProgramRunner::run(const void* const* inputs, void* const* outputs, int64_t row_begin,
                        int64_t row_end, int64_t column_begin, int64_t column_end) const {
  if (row_begin >= row_end || column_begin >= column_end) return;
  Pass pass;
  pass.inputs = reinterpret_cast<const std::byte* const*>(inputs);
  pass.outputs = reinterpret_cast<std::byte* const*>(outputs);
  pass.scratch = program_scratch;
  pass.at = program_registers;
  auto* constants = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(constants_.data()));
  for (const Fixed& place : constant_places_) pass.at[place.reg] = constants + place.offset;
  for (const Fixed& place : slots_) pass.at[place.reg] = pass.scratch + place.offset;
  for (const Stream& stream : scalars_)
    pass.at[stream.reg] = const_cast<std::byte*>(pass.inputs[stream.buffer]);
  for (size_t i = 0; i < late_.size(); ++i)
    for (const int16_t input : late_[i].later_inputs)
      if (pass.inputs[input] == pass.outputs[late_[i].buffer]) pass.waiting.set(i);
  if (columns_ <= block_ && column_begin == 0 && column_end == columns_) {
    run_blocks(pass, row_begin, row_end);
  } else {
    run_rows(pass, row_begin, row_end, column_begin, column_end);
  }
}

// Blocks of several whole rows: what repeats is laid out once.
void ProgramRunner::run_blocks(Pass& pass, int64_t row_begin, int64_t row_end) const {
  const int64_t rows = std::min(block_ / columns_, row_end - row_begin);
  for (const Stream& stream : repeated_) {
    std::byte* to = pass.at[stream.reg] = pass.scratch + stream.slot;
    if (stream.access == Access::scalar)
      repeat_element(to, pass.inputs[stream.buffer], stream.size, rows * columns_);
    if (stream.access == Access::columns)
      repeat_bytes(to, pass.inputs[stream.buffer], columns_ * stream.size, rows);
  }
  for (int64_t row = row_begin; row < row_end; row += rows) {
    const int64_t count = std::min(rows, row_end - row);
    for (const Stream& stream : repeated_) {
      if (stream.access != Access::rows) continue;
      std::byte* to = pass.at[stream.reg];
      const std::byte* from = pass.inputs[stream.buffer] + row * stream.size;
      for (int64_t i = 0; i < count; ++i)
        repeat_element(to + i * columns_ * stream.size, from + i * stream.size, stream.size,
                       columns_);
    }
    run_block(pass, row * columns_, count * columns_);
  }
}

// Blocks inside one row: a bias is read where it is.
void ProgramRunner::run_rows(Pass& pass, int64_t row_begin, int64_t row_end, int64_t column_begin,
                             int64_t column_end) const {
  // Blocks of nearly equal width, in whole vectors.
  const int64_t width = column_end - column_begin, blocks = (width + block_ - 1) / block_;
  const int64_t step = std::min(block_, ((width + blocks - 1) / blocks + 15) / 16 * 16);
  for (const Stream& stream : repeated_)
    if (stream.access != Access::columns) pass.at[stream.reg] = pass.scratch + stream.slot;
  for (const Stream& stream : repeated_)
    if (stream.access == Access::scalar)
      repeat_element(pass.at[stream.reg], pass.inputs[stream.buffer], stream.size,
                     std::min(step, width));
  for (int64_t row = row_begin; row < row_end; ++row) {
    for (const Stream& stream : repeated_)
      if (stream.access == Access::rows)
        repeat_element(pass.at[stream.reg], pass.inputs[stream.buffer] + row * stream.size,
                       stream.size, std::min(step, width));
    for (int64_t column = column_begin; column < column_end; column += step) {
      for (const Stream& stream : repeated_)
        if (stream.access == Access::columns)
          pass.at[stream.reg] =
              const_cast<std::byte*>(pass.inputs[stream.buffer]) + column * stream.size;
      run_block(pass, row * columns_ + column, std::min(step, column_end - column));
    }
  }
}

void ProgramRunner::run_block(Pass& pass, int64_t offset, int64_t count) const {
  std::byte** at = pass.at;
  for (const Stream& stream : inputs_)
    at[stream.reg] = const_cast<std::byte*>(pass.inputs[stream.buffer]) + offset * stream.size;
  for (const Stream& stream : outputs_)
    at[stream.reg] = pass.outputs[stream.buffer] + offset * stream.size;
  for (size_t i = 0; i < late_.size(); ++i) {
    const LateOutput& late = late_[i];
    at[late.reg] =
        pass.waiting[i] ? pass.scratch + late.slot : pass.outputs[late.buffer] + offset * late.size;
  }
  for (const Step& step : steps_)
    step.function(at[step.a], at[step.b], at[step.c], at[step.result], count);
  if (pass.waiting.none()) return;
  for (size_t i = 0; i < late_.size(); ++i)
    if (pass.waiting[i])
      std::memcpy(pass.outputs[late_[i].buffer] + offset * late_[i].size,
                  pass.scratch + late_[i].slot, static_cast<size_t>(count * late_[i].size));
}

}  // namespace tutti::cpu
