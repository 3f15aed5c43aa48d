// The loops of known programs against the interpreter, and that the optimizers' updates are known.
#include "core/kernels/cpu/known_program.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/graph/builtin_ops.h"
#include "core/graph/elementwise.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "core/graph/trace.h"
#include "core/kernels/cpu/fused.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/sgd.h"

namespace tutti::cpu {
namespace {

// The programs of the update that a training step with this optimizer ends in.
std::vector<Program> programs_of(Optimizer& optimizer) {
  const auto variable = make_variable("v", Tensor::zeros({5}));
  optimizer.build({variable}, local_reducer());
  const Trace trace;
  Graph graph;
  graph.inputs = {make_input("x", {kRows, 5}, DType::f32)};
  const Value weights = variable->read();
  optimizer.apply(split_gradients(reduce_sum(graph.inputs[0] * weights), {weights}), {4, 2, 0, 1});
  graph.effects = trace.effects();
  std::vector<Program> programs;
  for (const auto& node : topological_order(lower(graph, true)))
    if (const auto* fused = dynamic_cast<const FusedOp*>(node->op.get()))
      programs.push_back(fused->program());
  return programs;
}

// The one program of them that is known.
Program known_program_of(Optimizer&& optimizer, const std::string& name) {
  Program found;
  int count = 0;
  for (const Program& program : programs_of(optimizer))
    if (const auto known = KnownProgramRun::find(program)) {
      EXPECT_EQ(known->name(), name);
      found = program;
      ++count;
    }
  EXPECT_EQ(count, 1) << name << ": the graph of the update and simd/known_programs.cpp differ";
  return found;
}

std::map<std::string, Program> all_programs() {
  std::map<std::string, Program> programs;
  const auto add = [&](const char* name, Optimizer&& optimizer) {
    programs[name] = known_program_of(std::move(optimizer), name);
  };
  add("Adam", Adam());
  add("AdamW", AdamW());
  add("SGD", SGD());
  add("SGD with decay", SGD({.weight_decay = 0.1}));
  add("momentum", SGD({.momentum = 0.9}));
  add("momentum with decay", SGD({.momentum = 0.9, .weight_decay = 0.1}));
  add("nesterov", SGD({.momentum = 0.9, .nesterov = true}));
  add("nesterov with decay", SGD({.momentum = 0.9, .nesterov = true, .weight_decay = 0.1}));
  return programs;
}

using Buffers = std::vector<std::vector<float>>;

Buffers buffers_for(const Program& program, size_t elements) {
  Buffers buffers;
  for (const ProgramInput& input : program.inputs) {
    if (input.immediate) continue;
    auto& buffer = buffers.emplace_back(input.access == Access::scalar ? 1 : elements);
    for (size_t i = 0; i < buffer.size(); ++i)  // positive, as a mean of squares is
      buffer[i] = static_cast<float>(1.1 + std::sin(double(i * 7 + buffers.size() * 13)));
  }
  return buffers;
}

// Elements [begin, end); those outside keep -1. In place: output k is the buffer in_place[k] of the
// inputs, where that is not negative.
template <typename Run>
Buffers outputs_of(const Program& program, size_t elements, const std::vector<int>& in_place,
                   int64_t begin, int64_t end, const Run& run) {
  Buffers inputs = buffers_for(program, elements);
  Buffers outputs(program.outputs.size(), std::vector<float>(elements, -1.0f));
  std::vector<const void*> from;
  std::vector<void*> to;
  for (auto& buffer : inputs) from.push_back(buffer.data());
  for (size_t k = 0; k < outputs.size(); ++k) {
    if (in_place[k] >= 0) outputs[k] = inputs[static_cast<size_t>(in_place[k])];
    to.push_back(in_place[k] >= 0 ? inputs[static_cast<size_t>(in_place[k])].data()
                                  : outputs[k].data());
  }
  run.run(from.data(), to.data(), begin, end);
  for (size_t k = 0; k < outputs.size(); ++k)
    if (in_place[k] >= 0) outputs[k] = inputs[static_cast<size_t>(in_place[k])];
  return outputs;
}

TEST(KnownPrograms, TheOptimizersUpdatesAreAllOfThem) {
  EXPECT_EQ(static_cast<int>(all_programs().size()), x86_64::known_programs.count);
}

TEST(KnownPrograms, GiveTheInterpretersBits) {
  for (const auto& [name, program] : all_programs())
    for (const Isa isa : {Isa::x86_64, Isa::avx2, Isa::avx512}) {
      if (isa > detected_isa()) continue;
      const auto known = KnownProgramRun::find(program, isa);
      ASSERT_TRUE(known) << name;
      const ProgramRunner interpreter(program, isa);
      const std::vector<int> apart(program.outputs.size(), -1);
      const size_t elements = 1003;
      const auto want = outputs_of(program, elements, apart, 0, 1003, interpreter);
      EXPECT_EQ(outputs_of(program, elements, apart, 0, 1003, *known), want) << name;
      EXPECT_EQ(outputs_of(program, elements, apart, 37, 998, *known),
                outputs_of(program, elements, apart, 37, 998, interpreter));
      // Every output over every full input, one at a time.
      for (size_t k = 0; k < program.outputs.size(); ++k)
        for (int buffer = -1, at = 0; at < static_cast<int>(program.inputs.size()); ++at) {
          const ProgramInput& input = program.inputs[static_cast<size_t>(at)];
          if (!input.immediate) ++buffer;
          if (input.immediate || input.access != Access::full) continue;
          auto over = apart;
          over[k] = buffer;
          EXPECT_EQ(outputs_of(program, elements, over, 0, 1003, *known), want) << name << buffer;
        }
    }
}

TEST(KnownPrograms, AnotherProgramIsNotTakenForOne) {
  const Program sgd = known_program_of(SGD(), "SGD");
  ASSERT_TRUE(KnownProgramRun::find(sgd));
  Program swapped = sgd;  // gradient * rate - parameter
  std::swap(swapped.instructions.back().arguments[0], swapped.instructions.back().arguments[1]);
  EXPECT_FALSE(KnownProgramRun::find(swapped));
  Program other = sgd;
  other.instructions.back().op = &elementwise_info("add");
  EXPECT_FALSE(KnownProgramRun::find(other));
  Program wide = sgd;
  for (auto& input : wide.inputs) input.dtype = DType::f64;
  EXPECT_FALSE(KnownProgramRun::find(wide));
  Program repeated = sgd;
  repeated.columns = 5;
  EXPECT_FALSE(KnownProgramRun::find(repeated));
  Program more = sgd;
  more.outputs.push_back(more.outputs[0] - 1);
  EXPECT_FALSE(KnownProgramRun::find(more));
}

}  // namespace
}  // namespace tutti::cpu
