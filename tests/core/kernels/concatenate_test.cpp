// How concatenate shares its inputs out into tiles.
#include "core/ops/concatenate.h"

#include <gtest/gtest.h>

#include <numeric>

#include "core/graph/kernel.h"

namespace tutti {
namespace {

std::unique_ptr<Kernel> concatenation(const Op& op, const std::vector<Shape>& shapes, Shape out) {
  KernelRequest request;
  request.op = &op;
  for (const Shape& shape : shapes) request.inputs.push_back({DType::f32, shape, ValueKind::same});
  request.outputs = {{DType::f32, std::move(out), ValueKind::same}};
  request.input_root_stride.assign(shapes.size(), 0);
  request.output_root_stride = {0};
  return make_kernel(request, DeviceKind::cpu);
}

TEST(Concatenate, SmallInputsShareOneTile) {
  const ConcatenateOp op(0);
  EXPECT_EQ(concatenation(op, {{2}, {3}, {4}}, {9})->tiles(), 1);
}

TEST(Concatenate, TilesCoverEveryInputOnce) {
  const ConcatenateOp op(1);
  const std::vector<Shape> shapes = {{64, 5}, {64, 900}, {64, 1}, {64, 600}};
  const auto kernel = concatenation(op, shapes, {64, 1506});
  ASSERT_GT(kernel->tiles(), 1);
  std::vector<std::vector<float>> inputs;
  float next = 0;
  for (const Shape& shape : shapes) {
    inputs.emplace_back(static_cast<size_t>(shape.elements()));
    std::iota(inputs.back().begin(), inputs.back().end(), next);
    next += static_cast<float>(shape.elements());
  }
  std::vector<float> output(64 * 1506, -1.0f);
  std::vector<void*> in, out = {output.data()};
  for (auto& input : inputs) in.push_back(input.data());
  KernelCall call;
  call.inputs = in.data();
  call.outputs = out.data();
  for (int64_t tile = kernel->tiles(); tile-- > 0;) kernel->run(call, tile);
  size_t at = 0;
  for (size_t row = 0; row < 64; ++row)
    for (size_t i = 0; i < inputs.size(); ++i)
      for (int64_t column = 0; column < shapes[i][1]; ++column, ++at)
        ASSERT_EQ(output[at],
                  inputs[i][row * static_cast<size_t>(shapes[i][1]) + static_cast<size_t>(column)]);
}

}  // namespace
}  // namespace tutti
