// ProgramRunner against an interpreter of one element at a time: accesses, dtypes, several outputs,
// row and column ranges, buffers used in place, and every instruction set of this machine.
#include "core/kernels/cpu/fused.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "core/base/error.h"
#include "core/graph/elementwise.h"
#include "core/kernels/cpu/block_tables.h"

namespace tutti::cpu {
namespace {

const ElementwiseInfo* op(const char* name) { return &elementwise_info(name); }

std::vector<Isa> isas_here() {
  std::vector<Isa> isas;
  for (const Isa isa : {Isa::x86_64, Isa::avx2, Isa::avx512})
    if (isa <= detected_isa()) isas.push_back(isa);
  return isas;
}

// Each rounds once in f32, so that the interpreter's bits are the only right ones.
float interpret(const std::string& name, float x, float y) {
  if (name == "add") return x + y;
  if (name == "sub") return x - y;
  if (name == "mul") return x * y;
  if (name == "div") return x / y;
  if (name == "maximum") return x >= y ? x : y;
  if (name == "relu") return x < 0 ? 0 : x;
  if (name == "sqrt") return std::sqrt(x);
  if (name == "abs") return std::fabs(x);
  ADD_FAILURE() << "no reference for " << name;
  return 0;
}

struct Case {
  Program program;
  int64_t rows = 0;
  std::vector<std::vector<float>> inputs;  // of the buffers

  float read(size_t input, int64_t row, int64_t column) const {
    const ProgramInput& described = program.inputs[input];
    if (described.immediate) return static_cast<float>(described.number);
    const auto buffer =
        std::count_if(program.inputs.begin(), program.inputs.begin() + static_cast<int64_t>(input),
                      [](const ProgramInput& other) { return !other.immediate; });
    const int64_t at = described.access == Access::full      ? row * program.columns + column
                       : described.access == Access::columns ? column
                       : described.access == Access::rows    ? row
                                                             : 0;
    return inputs[static_cast<size_t>(buffer)][static_cast<size_t>(at)];
  }

  std::vector<std::vector<float>> reference() const {
    std::vector<std::vector<float>> outputs(program.outputs.size());
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < program.columns; ++column) {
        std::vector<float> registers;
        for (size_t i = 0; i < program.inputs.size(); ++i)
          registers.push_back(read(i, row, column));
        for (const auto& instruction : program.instructions) {
          const float x = registers[static_cast<size_t>(instruction.arguments.front())];
          const float y = registers[static_cast<size_t>(instruction.arguments.back())];
          registers.push_back(interpret(instruction.op->name, x, y));
        }
        for (size_t i = 0; i < outputs.size(); ++i)
          outputs[i].push_back(registers[static_cast<size_t>(program.outputs[i])]);
      }
    return outputs;
  }
};

Case random_case(unsigned seed) {
  std::mt19937 engine(seed);
  const auto pick = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(engine);
  };
  const int64_t widths[] = {1, 1, 2, 7, 8, 100, 255, 511, 512, 513, 700, 1500};
  Case made;
  made.program.columns = widths[pick(0, 11)];
  made.rows = made.program.columns > 300 ? pick(1, 5) : pick(1, 700);
  const int64_t inputs = pick(1, 5);
  for (int64_t i = 0; i < inputs; ++i) {
    ProgramInput input;
    input.access = made.program.columns == 1 ? static_cast<Access>(pick(0, 1))
                                             : static_cast<Access>(pick(0, 3));
    input.immediate = i > 0 && pick(0, 4) == 0;
    if (input.immediate) input.access = Access::scalar;
    input.number = static_cast<double>(pick(-9, 9)) / 4;
    made.program.inputs.push_back(input);
    if (input.immediate) continue;
    std::vector<float> buffer(static_cast<size_t>(made.rows * made.program.columns));
    for (float& value : buffer) value = std::normal_distribution<float>()(engine);
    made.inputs.push_back(std::move(buffer));
  }
  const char* names[] = {"add", "sub", "mul", "maximum", "relu", "abs"};
  const int64_t steps = pick(1, 14);
  for (int64_t step = 0; step < steps; ++step) {
    Instruction instruction{op(names[pick(0, 5)]), {}, DType::f32};
    for (int argument = 0; argument < instruction.op->arity; ++argument)
      instruction.arguments.push_back(static_cast<int>(pick(0, inputs + step - 1)));
    made.program.instructions.push_back(instruction);
  }
  made.program.outputs = {static_cast<int>(inputs + steps - 1)};
  for (int64_t more = pick(0, 2); more > 0; --more)
    made.program.outputs.push_back(static_cast<int>(pick(0, inputs + steps - 1)));
  return made;
}

using Buffers = std::vector<std::vector<float>>;

void expect_equal(const Buffers& got, const Buffers& want, const std::string& what) {
  for (size_t i = 0; i < want.size(); ++i)
    ASSERT_EQ(std::memcmp(got[i].data(), want[i].data(), want[i].size() * sizeof(float)), 0)
        << "output " << i << " of " << what;
}

template <typename Run>
Buffers outputs_of(const Case& made, const Run& run) {
  const size_t elements = static_cast<size_t>(made.rows * made.program.columns);
  Buffers outputs(made.program.outputs.size(), std::vector<float>(elements, -77));
  std::vector<const void*> in;
  std::vector<void*> out;
  for (const auto& buffer : made.inputs) in.push_back(buffer.data());
  for (auto& buffer : outputs) out.push_back(buffer.data());
  run(in.data(), out.data());
  return outputs;
}

TEST(Fused, EqualsTheInterpreterHoweverItIsCut) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const Case made = random_case(seed);
    const Buffers want = made.reference();
    const std::string what = std::to_string(seed) + ": " + made.program.text();
    for (const Isa isa : isas_here()) {
      const ProgramRunner runner(made.program, isa);
      expect_equal(outputs_of(made, [&](auto in, auto out) { runner.run(in, out, 0, made.rows); }),
                   want, what);
      const int64_t cut = made.rows / 3, column = made.program.columns / 3;
      const auto pieces = [&](auto in, auto out) {
        runner.run(in, out, cut, made.rows);
        runner.run(in, out, 0, cut, column, made.program.columns);
        runner.run(in, out, 0, cut, 0, column);
      };
      expect_equal(outputs_of(made, pieces), want, what + " in pieces");
    }
  }
}

// Every assignment of outputs to full inputs.
TEST(Fused, OutputsMayTakeThePlaceOfInputs) {
  int tried = 0;
  for (unsigned seed = 300; seed < 600; ++seed) {
    const Case made = random_case(seed);
    std::vector<size_t> full;
    for (size_t i = 0, buffer = 0; i < made.program.inputs.size(); ++i) {
      if (made.program.inputs[i].immediate) continue;
      if (made.program.inputs[i].access == Access::full) full.push_back(buffer);
      ++buffer;
    }
    if (full.size() < made.program.outputs.size()) continue;
    const Buffers want = made.reference();
    do {
      Case copy = made;
      std::vector<const void*> in;
      std::vector<void*> out;
      for (const auto& buffer : copy.inputs) in.push_back(buffer.data());
      for (size_t i = 0; i < want.size(); ++i) out.push_back(copy.inputs[full[i]].data());
      ProgramRunner(made.program, detected_isa()).run(in.data(), out.data(), 0, made.rows);
      Buffers got;
      for (size_t i = 0; i < want.size(); ++i) got.push_back(copy.inputs[full[i]]);
      expect_equal(got, want, std::to_string(seed) + ": " + made.program.text());
      ++tried;
    } while (std::next_permutation(full.begin(), full.end()));
  }
  EXPECT_GT(tried, 100);
}

// Masks, casts and mixed widths: clip(x, 0, 1) where x > y, else y, as f64 and counted as i32.
TEST(Fused, MixesDTypes) {
  Program program;
  program.inputs = {
      {DType::f32}, {DType::f32, Access::scalar}, {DType::f64, Access::scalar, true, 0.1}};
  program.instructions = {{op("greater"), {0, 1}, DType::bool_},
                          {op("select"), {3, 0, 1}, DType::f32},
                          {&cast_info(), {4}, DType::f64},
                          {op("mul"), {5, 2}, DType::f64},
                          {&cast_info(), {3}, DType::i32}};
  program.outputs = {6, 7, 3};
  std::vector<float> x(1300);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 17) - 8.25f;
  const float y = 0.5f;
  for (const Isa isa : isas_here()) {
    std::vector<double> scaled(x.size());
    std::vector<int32_t> count(x.size());
    std::vector<uint8_t> mask(x.size());
    const void* in[] = {x.data(), &y};
    void* out[] = {scaled.data(), count.data(), mask.data()};
    ProgramRunner(program, isa).run(in, out, 0, 1300);
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(scaled[i], static_cast<double>(std::max(x[i], y)) * 0.1);
      ASSERT_EQ(count[i], x[i] > y ? 1 : 0);
      ASSERT_EQ(mask[i], x[i] > y ? 1 : 0);
    }
  }
}

// A program whose values all stay alive needs smaller blocks, and still has the same bits.
TEST(Fused, ManyLiveValues) {
  Case made;
  made.rows = 3000;
  made.program.inputs = {{}};
  made.inputs = {std::vector<float>(3000, 1.25f)};
  for (int i = 0; i < 100; ++i)
    made.program.instructions.push_back({op("add"), {i, 0}, DType::f32});
  for (int i = 0; i < 100; ++i)
    made.program.instructions.push_back({op("add"), {100 + i, 100 - i}, DType::f32});
  made.program.outputs = {200};
  const ProgramRunner runner(made.program);
  expect_equal(outputs_of(made, [&](auto in, auto out) { runner.run(in, out, 0, made.rows); }),
               made.reference(), "many live values");
}

TEST(Fused, RefusesWhatItHasNoKernelFor) {
  Program program;
  program.inputs = {{DType::i32}};
  program.instructions = {{op("exp"), {0}, DType::i32}};
  program.outputs = {1};
  try {
    ProgramRunner runner(program);
    FAIL() << "exp of int32 was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("[exp] no CPU kernel for int32"), std::string::npos)
        << error.what();
  }
}

// The instruction sets with FMA agree on every op; without FMA results may differ in the last bits.
TEST(Fused, Avx2AndAvx512GiveTheSameBits) {
  if (detected_isa() != Isa::avx512) GTEST_SKIP() << "this processor has no AVX-512";
  std::vector<float> x(4099), y(4099), z(4099), results[3];
  std::mt19937 engine(9);
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = std::uniform_real_distribution<float>(0.01f, 20)(engine);
    y[i] = std::uniform_real_distribution<float>(-2, 2)(engine);
  }
  for (const ElementwiseBlocks& blocks : elementwise_blocks()) {
    const ElementwiseInfo& info = elementwise_info(blocks.name);
    if (info.arity == 3 || info.types == ElementwiseTypes::boolean || info.boolean_result) continue;
    for (const Isa isa : isas_here()) {
      auto& result = results[static_cast<size_t>(isa)];
      result.assign(x.size(), 0);
      elementwise_block(blocks.name, DType::f32, isa)(x.data(), y.data(), nullptr, result.data(),
                                                      static_cast<int64_t>(x.size()));
    }
    EXPECT_EQ(std::memcmp(results[1].data(), results[2].data(), x.size() * sizeof(float)), 0)
        << blocks.name;
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_NEAR(results[0][i], results[1][i], 1e-6f * std::max(1.0f, std::fabs(results[1][i])))
          << blocks.name << " " << x[i] << " " << y[i];
  }
}

}  // namespace
}  // namespace tutti::cpu
