#include "core/kernels/cpu/known_program.h"

#include <algorithm>
#include <string_view>

#include "core/graph/elementwise.h"

namespace tutti::cpu {

// Compares expressions with a Program's registers, and learns what the streams and scalars stand
// for.
class KnownProgramMatcher {
 public:
  KnownProgramMatcher(const Program& program, const KnownProgram& known)
      : program_(program),
        known_(known),
        streams_(static_cast<size_t>(known.streams), -1),
        scalars_(static_cast<size_t>(known.scalars), -1) {}

  std::optional<KnownProgramRun> match() {
    if (static_cast<int>(program_.outputs.size()) != known_.outputs) return {};
    const KnownNode* node = known_.nodes;
    std::vector<int> outputs;
    for (int i = 0; i < known_.outputs; ++i) {
      const int output = find_output(node);
      if (output < 0 || std::ranges::count(outputs, output) > 0) return {};
      outputs.push_back(output);
    }
    return bound(std::move(outputs));
  }

 private:
  // The output that the expression at `node` is; then `node` is past the expression.
  int find_output(const KnownNode*& node) {
    for (size_t i = 0; i < program_.outputs.size(); ++i) {
      const auto streams = streams_, scalars = scalars_;
      const KnownNode* at = node;
      if (matches(program_.outputs[i], at)) return node = at, static_cast<int>(i);
      streams_ = streams, scalars_ = scalars;
    }
    return -1;
  }

  bool matches(int reg, const KnownNode*& node) {
    const KnownNode& wanted = *node++;
    const auto index = static_cast<size_t>(reg);
    if (program_.dtype_of(reg) != DType::f32) return false;
    if (wanted.kind == KnownNode::op) {
      if (index < program_.inputs.size()) return false;
      const Instruction& found = program_.instructions[index - program_.inputs.size()];
      if (std::string_view(found.op->name) != wanted.op_name ||
          found.arguments.size() != wanted.arity)
        return false;
      return std::ranges::all_of(found.arguments,
                                 [&](int argument) { return matches(argument, node); });
    }
    if (index >= program_.inputs.size()) return false;
    const ProgramInput& input = program_.inputs[index];
    const bool scalar = input.immediate || input.access == Access::scalar;
    if (scalar != (wanted.kind == KnownNode::scalar)) return false;
    int& place = (scalar ? scalars_ : streams_)[wanted.index];
    if (place < 0) place = reg;
    return place == reg;
  }

  // Scalars that no expression reads stay 0.
  KnownProgramRun bound(std::vector<int> outputs) const {
    KnownProgramRun run;
    run.known_ = &known_;
    run.outputs_ = std::move(outputs);
    for (const int reg : streams_) run.streams_.push_back(buffer_of(reg));
    for (const int reg : scalars_) {
      if (reg < 0)
        run.numbers_.push_back({});
      else if (const auto& input = program_.inputs[static_cast<size_t>(reg)]; input.immediate)
        run.numbers_.push_back({-1, static_cast<float>(input.number)});
      else
        run.numbers_.push_back({buffer_of(reg), 0});
    }
    return run;
  }
  int buffer_of(int reg) const {
    return static_cast<int>(
        std::count_if(program_.inputs.begin(), program_.inputs.begin() + reg,
                      [](const ProgramInput& input) { return !input.immediate; }));
  }

  const Program& program_;
  const KnownProgram& known_;
  std::vector<int> streams_, scalars_;  // registers; -1 while unknown
};

std::optional<KnownProgramRun> KnownProgramRun::find(const Program& program, Isa isa) {
  const KnownPrograms* tables[] = {&x86_64::known_programs, &avx2::known_programs,
                                   &avx512::known_programs};
  const KnownPrograms& table = *tables[static_cast<size_t>(isa)];
  if (program.columns != 1) return {};
  for (int i = 0; i < table.count; ++i)
    if (auto found = KnownProgramMatcher(program, table.programs[i]).match()) return found;
  return {};
}

void KnownProgramRun::run(const void* const* inputs, void* const* outputs, int64_t begin,
                          int64_t end) const {
  const float* streams[KnownPrograms::kMostStreams];
  float scalars[KnownPrograms::kMostScalars] = {};
  float* results[KnownPrograms::kMostOutputs];
  for (size_t i = 0; i < streams_.size(); ++i)
    streams[i] = static_cast<const float*>(inputs[streams_[i]]) + begin;
  for (size_t i = 0; i < numbers_.size(); ++i)
    scalars[i] = numbers_[i].buffer < 0 ? numbers_[i].immediate
                                        : *static_cast<const float*>(inputs[numbers_[i].buffer]);
  for (size_t i = 0; i < outputs_.size(); ++i)
    results[i] = static_cast<float*>(outputs[outputs_[i]]) + begin;
  known_->function(streams, scalars, results, end - begin);
}

}  // namespace tutti::cpu
