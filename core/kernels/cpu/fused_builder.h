// Prepares a ProgramRunner: brings a program to instructions that have block functions, then
// decides where each register lives.
#pragma once

#include <map>
#include <vector>

#include "core/kernels/cpu/fused.h"

namespace tutti::cpu {

class RunnerBuilder {
 public:
  RunnerBuilder(const Program& program, Isa isa, ProgramRunner& runner)
      : program_(program), isa_(isa), runner_(runner) {}
  void build();

  static constexpr int64_t kScratchBytes = 64 * 1024;

 private:
  struct Register {
    DType dtype = DType::f32;
    int last_use = -1;  // step
    int made_by = -1;   // step; -1 for an input
    int output = -1;    // the output buffer it is written to
    int slot = -1;
    int input = -1;         // the input it holds
    bool repeated = false;  // a scalar input, laid out as a block
  };

  void lower_inputs();
  void lower_instruction(const Instruction& instruction);
  void lower_outputs();
  int add_register(DType dtype);
  int add_step(BlockFunction function, const std::vector<int>& arguments, DType dtype);
  int add_cast(int reg, DType to);
  int widened(int reg);  // the f32 register of a half
  bool is_scalar(int reg) const;
  int laid_out(int reg);  // the register where a scalar is repeated; others as they are
  BlockFunction find_block(const Instruction& instruction, std::vector<int>& arguments);

  void place_inputs();
  void place_results();
  void find_late_outputs();
  int take_slot();
  void fit_block();
  void write_constants();

  const Program& program_;
  Isa isa_;
  ProgramRunner& runner_;
  std::vector<Register> registers_;
  std::vector<int> register_of_;  // of the program's registers
  std::map<int, int> widened_, laid_out_;
  std::vector<Access> access_;  // of the inputs, on the normalised view
  std::vector<int> buffer_of_;  // of the inputs; -1 for an immediate
  std::vector<int> free_slots_;
  int slots_ = 0;
  int64_t slot_bytes_ = 0;
};

}  // namespace tutti::cpu
