// The kernels over the last axis against plain loops, on every instruction set of this machine.
#include "core/kernels/cpu/row_dispatch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/base/philox.h"
#include "core/base/shard_layout.h"

namespace tutti::cpu {
namespace {

using Floats = std::vector<float>;

std::vector<Isa> instruction_sets() {
  std::vector<Isa> sets{Isa::x86_64};
  if (detected_isa() >= Isa::avx2) sets.push_back(Isa::avx2);
  if (detected_isa() >= Isa::avx512) sets.push_back(Isa::avx512);
  return sets;
}

Floats wave(int64_t count, double size = 3) {
  Floats values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(size * std::sin(1.3 * static_cast<double>(i * i % 1009)));
  return values;
}

// The sum that row_kernels.h defines, written out.
float defined_sum(const float* x, int64_t n) {
  float levels[64] = {};
  fold_tree((n + kSumBlock - 1) / kSumBlock,
            [&](int64_t block, int level) {
              float lane[kSumLanes] = {};
              for (int64_t i = block * kSumBlock; i < std::min(n, (block + 1) * kSumBlock); ++i)
                lane[i % kSumLanes] += x[i];
              for (int step = kSumLanes / 2; step > 0; step /= 2)
                for (int l = 0; l < step; ++l) lane[l] += lane[l + step];
              levels[level] = lane[0];
            },
            [&](int into, int from) { levels[into] += levels[from]; });
  return levels[0];
}

TEST(RowKernels, SumsFollowTheirDefinitionToTheBit) {
  for (const Isa isa : instruction_sets())
    for (const int64_t n : {1, 3, 15, 16, 17, 40, 4096, 4097, 20000}) {
      const Floats x = wave(3 * n);
      Floats y(3);
      row_kernels(isa).f32.sum(3, n, x.data(), y.data());
      for (int64_t r = 0; r < 3; ++r)
        EXPECT_EQ(y[static_cast<size_t>(r)], defined_sum(x.data() + r * n, n)) << name_of(isa) << n;
    }
}

TEST(RowKernels, ExtremesSeeEveryElementAndNaN) {
  for (const Isa isa : instruction_sets())
    for (const int64_t n : {1, 7, 16, 33})
      for (int64_t at = 0; at < n; ++at) {
        Floats x(static_cast<size_t>(n), 1.0f);
        float y = 0;
        x[static_cast<size_t>(at)] = 2.0f;
        row_kernels(isa).f32.largest(1, n, x.data(), &y);
        EXPECT_EQ(y, 2.0f);
        x[static_cast<size_t>(at)] = -2.0f;
        row_kernels(isa).f32.smallest(1, n, x.data(), &y);
        EXPECT_EQ(y, -2.0f);
        x[static_cast<size_t>(at)] = NAN;
        row_kernels(isa).f32.largest(1, n, x.data(), &y);
        EXPECT_TRUE(std::isnan(y)) << name_of(isa) << " " << n << " " << at;
      }
}

double log_sum_exp(const float* x, int64_t n) {
  double largest = -INFINITY, sum = 0;
  for (int64_t j = 0; j < n; ++j) largest = std::max<double>(largest, x[j]);
  for (int64_t j = 0; j < n; ++j) sum += std::exp(x[j] - largest);
  return largest + std::log(sum);
}

TEST(RowKernels, SoftmaxAndCrossEntropy) {
  for (const Isa isa : instruction_sets())
    for (const int64_t n : {1, 3, 10, 16, 17, 100, 2500, 9000}) {
      const int64_t rows = n < 1000 ? 300 : 3;
      const auto& f = row_kernels(isa).f32;
      const Floats x = wave(rows * n, 20);
      const auto size = static_cast<size_t>(rows);
      Floats y(x.size()), logs(x.size()), loss(size), spread(x.size()), dx(x.size()),
          dy(size, 0.5f);
      std::vector<int64_t> labels(size);
      for (size_t r = 0; r < size; ++r) labels[r] = static_cast<int64_t>(r) % n;
      labels[1] = n;
      f.softmax(rows, n, x.data(), y.data());
      f.log_softmax(rows, n, x.data(), logs.data());
      f.sparse_loss(rows, n, x.data(), labels.data(), loss.data(), spread.data());
      f.sparse_gradient(rows, n, spread.data(), labels.data(), dy.data(), dx.data());
      EXPECT_EQ(spread, y);
      EXPECT_TRUE(std::isnan(loss[1])) << "a label outside must show";
      for (size_t r = 0; r < size; ++r) {
        const float* row = x.data() + r * static_cast<size_t>(n);
        const double whole = log_sum_exp(row, n);
        const double expected = r == 1 ? NAN : whole - row[labels[r]];
        EXPECT_TRUE(r == 1 || std::abs(loss[r] - expected) < 2e-5) << loss[r] << " " << expected;
        for (int64_t j = 0; j < n; ++j) {
          const size_t at = r * static_cast<size_t>(n) + static_cast<size_t>(j);
          const double p = std::exp(row[j] - whole);
          EXPECT_NEAR(y[at], p, 2e-6);
          EXPECT_NEAR(logs[at], row[j] - whole, 2e-5);
          const double gradient = 0.5 * (p - (j == labels[r]));
          EXPECT_TRUE(r == 1 ? std::isnan(dx[at]) : std::abs(dx[at] - gradient) < 2e-6);
        }
      }
    }
}

TEST(RowKernels, ARowsSoftmaxDependsOnItAlone) {
  for (const Isa isa : instruction_sets())
    for (const int64_t n : {1, 4, 10, 16, 17, 100}) {
      const int64_t rows = 37;
      const auto& f = row_kernels(isa).f32;
      const Floats x = wave(rows * n, 9);
      const std::vector<int64_t> labels(static_cast<size_t>(rows), n - 1);
      Floats all(x.size()), loss(labels.size());
      f.sparse_loss(rows, n, x.data(), labels.data(), loss.data(), all.data());
      for (int64_t r = 0; r < rows; ++r) {
        Floats alone(static_cast<size_t>(n));
        float own = 0;
        f.sparse_loss(1, n, x.data() + r * n, labels.data(), &own, alone.data());
        EXPECT_EQ(own, loss[static_cast<size_t>(r)]) << name_of(isa) << " " << n << " " << r;
        EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + r * n));
      }
      if (isa != Isa::avx512) continue;
      Floats narrow(x.size());
      row_kernels(Isa::avx2).f32.softmax(rows, n, x.data(), narrow.data());
      EXPECT_EQ(narrow, all);
    }
}

TEST(RowKernels, DropoutDrawsByRowAndElement) {
  for (const Isa isa : instruction_sets())
    for (const int64_t n : {1, 3, 4, 10, 64, 130}) {
      const int64_t rows = 9;
      const Floats x = wave(rows * n);
      Floats y(x.size());
      const uint32_t threshold = 1u << 22;  // a quarter
      row_kernels(isa).f32.dropout({77, 5, 2, 1000, rows, n, threshold}, x.data(), 4.0f / 3,
                                   y.data());
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t j = 0; j < n; ++j) {
          const uint32_t word = philox_at(77, 5, 1000 + r, 2, j / 4).word[j % 4];
          const auto at = static_cast<size_t>(r * n + j);
          EXPECT_EQ(y[at], philox_uniform(word) >= 0.25f ? x[at] * (4.0f / 3) : 0.0f);
        }
    }
}

}  // namespace
}  // namespace tutti::cpu
