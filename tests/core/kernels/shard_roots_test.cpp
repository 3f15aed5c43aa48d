// Sums over rows on every rank of every world: the roots, added in tree order, give the bits that
// one rank gives, and those are near a plain sum in f64.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/graph/kernel.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/take.h"

namespace tutti {
namespace {

using Floats = std::vector<float>;

Floats ramp(int64_t count, int64_t seed) {
  Floats values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] =
        static_cast<float>(std::sin(0.7 * static_cast<double>(i) + static_cast<double>(seed)));
  return values;
}

// An op over rows: its row inputs for the whole batch, each with its elements per row.
struct RowSum {
  std::shared_ptr<const Op> op;
  int64_t batch;
  std::vector<ValueType> types;  // unbound
  std::vector<std::vector<std::byte>> inputs;
};

template <typename T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  const auto* first = reinterpret_cast<const std::byte*>(values.data());
  return {first, first + values.size() * sizeof(T)};
}

// The roots of one rank, by the shards that they cover.
void run_rank(const RowSum& sum, const ShardLayout& layout,
              std::vector<std::pair<Range, Floats>>& roots) {
  const Range shards = layout.owned_shards(), rows = layout.owned_rows();
  KernelRequest request;
  request.op = sum.op.get();
  request.layout = layout;
  request.first_row = rows.begin;
  for (int64_t s = shards.begin; s < shards.end; ++s)
    request.shard_rows.push_back(layout.rows_of(s).begin - rows.begin);
  request.shard_rows.push_back(rows.size());
  for (const auto& root : layout.roots())
    request.roots.push_back({root.begin - shards.begin, root.end - shards.begin});
  std::vector<void*> pointers;
  for (size_t i = 0; i < sum.inputs.size(); ++i) {
    ValueType type = sum.types[i];
    type.shape = type.shape.with_rows(rows.size());
    request.inputs.push_back(type);
    const size_t row = sum.inputs[i].size() / static_cast<size_t>(sum.batch);
    pointers.push_back(const_cast<std::byte*>(sum.inputs[i].data()) +
                       static_cast<size_t>(rows.begin) * row);
  }
  const ValueType out = sum.op->infer(sum.types)[0];
  ASSERT_EQ(out.kind, ValueKind::partial);
  request.outputs = {out};
  const int64_t elements = out.shape.elements(),
                stride = elements + 3;  // apart, as in a flat buffer
  request.input_root_stride.assign(sum.inputs.size(), 0);
  request.output_root_stride = {stride};
  Floats result(static_cast<size_t>(stride) * request.roots.size() + 1, NAN);
  void* output = result.data();
  const auto kernel = make_kernel(request, DeviceKind::cpu);
  std::vector<std::byte> workspace(kernel->workspace_bytes() + 64);
  KernelCall call{pointers.data(), &output};
  call.workspace = workspace.data();
  for (call.phase = 0; call.phase < kernel->phases(); ++call.phase)
    for (int64_t tile = kernel->tiles_of(call.phase); tile-- > 0;) kernel->run(call, tile);
  for (size_t r = 0; r < request.roots.size(); ++r) {
    const auto begin = result.begin() + static_cast<int64_t>(r) * stride;
    roots.push_back({layout.roots()[r], Floats(begin, begin + elements)});
    EXPECT_TRUE(std::isnan(begin[elements])) << "wrote past a root";
  }
}

// The node of the tree that covers [begin, begin + width) cut at `shards`, from the roots below it.
Floats tree_node(const std::vector<std::pair<Range, Floats>>& roots, int64_t begin, int64_t width,
                 int64_t shards) {
  const Range node{begin, std::min(begin + width, shards)};
  for (const auto& [range, values] : roots)
    if (range == node) return values;
  Floats left = tree_node(roots, begin, width / 2, shards);
  if (begin + width / 2 >= shards) return left;
  const Floats right = tree_node(roots, begin + width / 2, width / 2, shards);
  for (size_t i = 0; i < left.size(); ++i) left[i] += right[i];
  return left;
}

Floats total(const RowSum& sum, int64_t shards, int world) {
  std::vector<std::pair<Range, Floats>> roots;
  for (int rank = 0; rank < world; ++rank) run_rank(sum, {sum.batch, shards, rank, world}, roots);
  int64_t width = 1;
  while (width < shards) width *= 2;
  return tree_node(roots, 0, width, shards);
}

void check_worlds(const RowSum& sum, const std::vector<double>& reference) {
  for (const int64_t shards : {1, 3, 5, 8}) {
    const Floats alone = total(sum, shards, 1);
    ASSERT_EQ(alone.size(), reference.size());
    for (size_t i = 0; i < alone.size(); ++i) EXPECT_NEAR(alone[i], reference[i], 1e-4);
    for (int world = 2; world <= shards; ++world)
      EXPECT_EQ(total(sum, shards, world), alone) << shards << " shards on " << world << " ranks";
  }
}

ValueType rows(std::vector<int64_t> tail, DType dtype = DType::f32) {
  tail.insert(tail.begin(), kRows);
  return {dtype, Shape(std::move(tail)), ValueKind::row};
}

TEST(ShardRoots, WeightGradient) {
  for (const auto& [m, n] : {std::pair<int64_t, int64_t>{3, 5}, {70, 45}}) {
    const int64_t batch = 37;
    const Floats a = ramp(batch * m, 1), b = ramp(batch * n, 2);
    std::vector<double> reference(static_cast<size_t>(m * n));
    for (int64_t r = 0; r < batch; ++r)
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j)
          reference[static_cast<size_t>(i * n + j)] +=
              double{a[static_cast<size_t>(r * m + i)]} * b[static_cast<size_t>(r * n + j)];
    check_worlds({std::make_shared<MatmulOp>(true, false),
                  batch,
                  {rows({m}), rows({n})},
                  {bytes_of(a), bytes_of(b)}},
                 reference);
  }
}

TEST(ShardRoots, SumOverRows) {
  for (const int64_t n : {1, 5, 200}) {
    const int64_t batch = 29;
    const Floats x = ramp(batch * n, 3);
    std::vector<double> reference(static_cast<size_t>(n));
    for (size_t i = 0; i < x.size(); ++i) reference[i % static_cast<size_t>(n)] += x[i];
    check_worlds(
        {std::make_shared<ReduceOp>(Reduction::sum, 0, 1), batch, {rows({n})}, {bytes_of(x)}},
        reference);
  }
}

TEST(ShardRoots, ScatterAdd) {
  const int64_t batch = 23, extent = 7, width = 3;
  const Floats updates = ramp(batch * width, 4);
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < batch; ++i) indices.push_back(i * i % 11);  // 7 to 10 are outside
  std::vector<double> reference(static_cast<size_t>(extent * width));
  for (size_t i = 0; i < updates.size(); ++i) {
    const int64_t index = indices[i / static_cast<size_t>(width)];
    if (index < extent)
      reference[static_cast<size_t>(index * width) + i % static_cast<size_t>(width)] += updates[i];
  }
  check_worlds({std::make_shared<ScatterAddOp>(extent),
                batch,
                {rows({width}), rows({}, DType::i64)},
                {bytes_of(updates), bytes_of(indices)}},
               reference);
}

}  // namespace
}  // namespace tutti
