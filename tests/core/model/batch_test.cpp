// The rows of a batch, read in parts by several threads.
#include "core/model/batch.h"

#include <gtest/gtest.h>

#include <numeric>

#include "core/graph/builtin_ops.h"
#include "core/model/class_weights.h"

namespace tutti {
namespace {

constexpr int64_t kRowCount = 500, kWidth = 700;

// Wide enough that a batch is several parts. Row r holds r * kWidth, r * kWidth + 1, ...
RowSourcePtr wide_rows() {
  Tensor x = Tensor::empty({kRowCount, kWidth}), y = Tensor::empty({kRowCount}, DType::i64),
         weights = Tensor::empty({kRowCount});
  std::iota(x.data<float>(), x.data<float>() + x.elements(), 0.0f);
  for (int64_t row = 0; row < kRowCount; ++row) {
    y.data<int64_t>()[row] = row % 3;
    weights.data<float>()[row] = static_cast<float>(row);
  }
  return make_rows(x, y, weights);
}

struct Batch {
  std::vector<float> x, weights;
  std::vector<int64_t> y;
  bool operator==(const Batch&) const = default;
};

Batch read_batch(const RowSource& rows, int64_t begin, Range owned, int threads) {
  Graph graph;
  graph.inputs = {make_input("x", {kRows, kWidth}), make_input("y", {kRows}, DType::i64),
                  make_input("w", {kRows})};
  graph.outputs = graph.inputs;
  ExecutableOptions options;
  options.layout = {owned.size(), 1, 0, 1};
  const Executable executable(graph, options);
  ThreadPool pool(threads, /*oversubscribe=*/true);
  BatchReader reader(executable, rows, owned, &pool);
  reader.read(rows, begin, RowOrder(7, 0, rows.rows(), /*shuffle=*/true));
  return {executable.input(0).to_vector<float>(), executable.input(2).to_vector<float>(),
          executable.input(1).to_vector<int64_t>()};
}

TEST(BatchReader, PartsAreTheRowsOfTheOrder) {
  const auto rows = wide_rows();
  const RowOrder order(7, 0, kRowCount, true);
  std::vector<int64_t> expected(101);
  order.fill(150 + 20, expected);
  const Batch batch = read_batch(*rows, 150, {20, 121}, 3);
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto row = static_cast<float>(expected[i]);
    EXPECT_EQ(batch.x[i * kWidth], row * kWidth);
    EXPECT_EQ(batch.x[(i + 1) * kWidth - 1], row * kWidth + kWidth - 1);
    EXPECT_EQ(batch.y[i], expected[i] % 3);
    EXPECT_EQ(batch.weights[i], row);
  }
}

TEST(BatchReader, ThreadsChangeNothing) {
  const auto range = std::make_shared<RowRange>(wide_rows(), 33, 444);
  const auto nested = std::make_shared<RowRange>(range, 5, 400);
  const auto weighted = with_class_weights(nested, {{0, 2.0}, {2, 0.5}});
  const Batch alone = read_batch(*weighted, 0, {0, 256}, 1);
  for (const int threads : {2, 5}) EXPECT_EQ(read_batch(*weighted, 0, {0, 256}, threads), alone);
  EXPECT_EQ(alone.x[0], alone.x[1] - 1);
}

TEST(BatchReader, ReadsNoRows) { EXPECT_TRUE(read_batch(*wide_rows(), 0, {9, 9}, 2).y.empty()); }

}  // namespace
}  // namespace tutti
