// Fused programs compile for every GPU that the compiler knows; no GPU is needed for that.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/graph/elementwise.h"
#include "core/graph/program.h"
#include "core/kernels/cuda/embedded_headers.h"
#include "core/kernels/cuda/matmul_epilogue.h"
#include "core/kernels/cuda/program_compiler.h"
#include "core/kernels/cuda/program_source.h"

namespace tutti::cuda {
namespace {

// (x + bias) * 0.1 with a relu, cast to bf16 and counted in int64: every access, immediates, casts.
Program sample_program() {
  Program program;
  program.columns = 10;
  program.inputs = {{DType::f32, Access::full},
                    {DType::f32, Access::columns},
                    {DType::f32, Access::rows},
                    {DType::f32, Access::scalar},
                    {DType::f32, Access::scalar, true, 0.1},
                    {DType::i64, Access::scalar, true, -3}};
  program.instructions = {{&elementwise_info("add"), {0, 1}, DType::f32},
                          {&elementwise_info("mul"), {6, 4}, DType::f32},
                          {&elementwise_info("relu"), {7}, DType::f32},
                          {&cast_info(), {8}, DType::bf16},
                          {&elementwise_info("tanh"), {9}, DType::bf16},
                          {&cast_info(), {2}, DType::i64},
                          {&elementwise_info("equal"), {11, 5}, DType::bool_},
                          {&elementwise_info("select"), {12, 8, 3}, DType::f32}};
  program.outputs = {13, 10, 12};
  return program;
}

std::vector<DType> types_of(const ElementwiseInfo& op) {
  using enum DType;
  if (op.types == ElementwiseTypes::floating) return {f32, f64, bf16, f16};
  if (op.types == ElementwiseTypes::boolean) return {bool_};
  std::vector<DType> types{f32, f64, bf16, f16, i32, i64, u8};
  if (op.types == ElementwiseTypes::any) types.push_back(bool_);
  return types;
}

// Every op on every dtype that it is for, as one program.
Program all_types_program(const ElementwiseInfo& op) {
  Program program;
  for (const DType dtype : types_of(op)) {
    Instruction instruction{&op, {}, op.boolean_result ? DType::bool_ : dtype};
    for (int argument = 0; argument < op.arity; ++argument) {
      const bool mask = op.arity == 3 && argument == 0;
      instruction.arguments.push_back(static_cast<int>(program.inputs.size()));
      program.inputs.push_back({mask ? DType::bool_ : dtype, Access::full});
    }
    program.instructions.push_back(std::move(instruction));
  }
  for (size_t j = 0; j < program.instructions.size(); ++j)
    program.outputs.push_back(static_cast<int>(program.inputs.size() + j));
  return program;
}

TEST(cuda_program, compiles_for_every_architecture) {
  const Program program = sample_program();
  const std::string source = program_source(program, element_places(program));
  const auto architectures = program_architectures();
  for (const char* wanted : {"sm_75", "sm_80", "sm_86", "sm_89", "sm_90"})
    EXPECT_NE(std::find(architectures.begin(), architectures.end(), wanted), architectures.end())
        << wanted;
  for (const std::string& architecture : {std::string("sm_75"), architectures.back()}) {
    const std::vector<char> code = compile_program(source, architecture);
    ASSERT_GT(code.size(), 4u) << architecture;
    EXPECT_EQ(std::string(code.data() + 1, 3), "ELF") << architecture;
    EXPECT_NE(std::string(code.begin(), code.end()).find(kProgramKernel), std::string::npos);
  }
}

TEST(cuda_program, every_elementwise_op_compiles_for_each_of_its_dtypes) {
  for (const ElementwiseInfo* op : elementwise_ops()) {
    SCOPED_TRACE(op->name);
    const Program program = all_types_program(*op);
    EXPECT_NO_THROW(compile_program(program_source(program, element_places(program)), "sm_90"));
  }
}

TEST(cuda_program, every_cast_compiles) {
  Program program;
  using enum DType;
  const DType types[] = {f32, f64, i32, i64, u8, bool_, bf16, f16};
  for (const DType from : types) program.inputs.push_back({from, Access::full});
  for (int from = 0; from < 8; ++from)
    for (const DType to : types) program.instructions.push_back({&cast_info(), {from}, to});
  for (int j = 0; j < 64; ++j) program.outputs.push_back(8 + j);
  EXPECT_FALSE(compile_program(program_source(program, element_places(program)), "sm_80").empty());
}

TEST(cuda_program, reads_each_input_by_its_access) {
  const std::vector<std::string> expected{"i", "i % 10", "i / 10", "0"};
  EXPECT_EQ(element_places(sample_program()), expected);
  Program flat = sample_program();
  flat.columns = 1;
  const std::vector<std::string> expected_flat{"i", "0", "i", "0"};
  EXPECT_EQ(element_places(flat), expected_flat);
}

TEST(cuda_program, broadcasts_in_any_pattern) {
  const ValueType a{DType::f32, {2, 1, 4}}, b{DType::f32, {3, 1}}, out{DType::f32, {2, 3, 4}};
  std::vector<std::string> places;
  const std::vector<ValueType> inputs{a, b};
  const Program program = broadcast_program(elementwise_info("add"), inputs, out, places);
  const std::vector<std::string> expected{"0 + i / 1 % 4 * 1 + i / 12 % 2 * 4",
                                          "0 + i / 4 % 3 * 1"};
  EXPECT_EQ(places, expected);
  EXPECT_FALSE(compile_program(program_source(program, places), "sm_90").empty());
}

TEST(cuda_program, says_what_the_compiler_says) {
  try {
    compile_program("extern \"C\" __global__ void tutti_program() { nonsense; }", "sm_90");
    FAIL() << "compiled";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("nonsense"), std::string::npos) << error.what();
  }
}

TEST(cuda_program, embeds_one_header_for_each_op) {
  for (const ElementwiseInfo* op : elementwise_ops()) {
    int found = 0;
    for (const EmbeddedHeader& header : embedded_headers())
      found += header.op == std::string(op->name);
    EXPECT_EQ(found, 1) << op->name;
  }
}

TEST(cuda_epilogue, leaves_exactly_bias_and_relu_to_the_library) {
  const auto& add = elementwise_info("add");
  const auto& relu = elementwise_info("relu");
  Program program;
  program.columns = 10;
  program.inputs = {{DType::f32, Access::full}, {DType::f32, Access::columns}};
  program.instructions = {{&add, {0, 1}, DType::f32}};
  program.outputs = {2};
  EXPECT_EQ(library_epilogue(program, 10), ProductEpilogue::bias);
  EXPECT_EQ(library_epilogue(program, 20), ProductEpilogue::none);
  program.instructions.push_back({&relu, {2}, DType::f32});
  EXPECT_EQ(library_epilogue(program, 10), ProductEpilogue::none);  // the sum is the output
  program.outputs = {3};
  EXPECT_EQ(library_epilogue(program, 10), ProductEpilogue::bias_relu);
  program.outputs = {3, 2};
  EXPECT_EQ(library_epilogue(program, 10), ProductEpilogue::none);
  program.outputs = {3};
  program.inputs[1].access = Access::full;
  EXPECT_EQ(library_epilogue(program, 10), ProductEpilogue::none);
}

}  // namespace
}  // namespace tutti::cuda
