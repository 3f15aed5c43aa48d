#include "core/base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "core/base/error.h"
#include "core/base/numpy_random.h"
#include "core/base/permutation.h"
#include "core/base/philox.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

// The known answers of the authors' Random123 distribution.
TEST(philox, known_answers) {
  const auto words = [](PhiloxBlock counter, uint32_t key0, uint32_t key1) {
    const PhiloxBlock block = philox(counter, key0, key1);
    return std::vector<uint32_t>(block.word, block.word + 4);
  };
  EXPECT_THAT(words({{0, 0, 0, 0}}, 0, 0),
              ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(words({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(words({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(philox, uniform_is_below_one) {
  EXPECT_EQ(philox_uniform(0), 0.0f);
  EXPECT_LT(philox_uniform(~0u), 1.0f);
  EXPECT_EQ(philox_uniform(0x80000000u), 0.5f);
}

TEST(philox, every_part_of_the_counter_counts) {
  std::set<uint32_t> first;
  first.insert(philox_at(1, 2, 3, 4, 5).word[0]);
  first.insert(philox_at(2, 2, 3, 4, 5).word[0]);
  first.insert(philox_at(uint64_t{1} << 32 | 1, 2, 3, 4, 5).word[0]);
  first.insert(philox_at(1, 3, 3, 4, 5).word[0]);
  first.insert(philox_at(1, 2, 4, 4, 5).word[0]);
  first.insert(philox_at(1, 2, 3, 5, 5).word[0]);
  first.insert(philox_at(1, 2, 3, 4, 6).word[0]);
  EXPECT_EQ(first.size(), 7u);
}

TEST(random, portable_math_is_accurate) {
  for (int i = 1; i < 20000; ++i) {
    const double x = i / 20000.0;
    EXPECT_NEAR(portable_log(x), std::log(x), 2e-15 * std::max(1.0, std::abs(std::log(x))));
    double sine, cosine;
    portable_sincos_turns(x, sine, cosine);
    EXPECT_NEAR(sine, std::sin(6.283185307179586 * x), 2e-15);
    EXPECT_NEAR(cosine, std::cos(6.283185307179586 * x), 2e-15);
  }
  EXPECT_NEAR(portable_log(0x1p-53), -53 * std::log(2.0), 1e-14);
  EXPECT_EQ(portable_log(1), 0);
}

// The bits are part of what a seed means: a change to them changes every trained model.
TEST(random, bits_do_not_change) {
  Random random(42, 7);
  EXPECT_EQ(random.bits(), philox({{0, 0, 7, 0}}, 42, 0).word[0]);
  for (int i = 0; i < 4; ++i) random.bits();
  EXPECT_EQ(random.bits(), philox({{1, 0, 7, 0}}, 42, 0).word[1]);
}

TEST(random, moments) {
  Random random(1);
  const int n = 200000;
  double mean = 0, square = 0, fourth = 0, uniform = 0, largest = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    mean += x / n, square += x * x / n, fourth += x * x * x * x / n;
    uniform += random.uniform() / n;
    largest = std::max(largest, std::abs(random.truncated_normal()));
  }
  EXPECT_NEAR(mean, 0, 0.01);
  EXPECT_NEAR(square, 1, 0.015);
  EXPECT_NEAR(fourth, 3, 0.1);
  EXPECT_NEAR(uniform, 0.5, 0.004);
  EXPECT_LT(largest, 2);
  EXPECT_GT(largest, 1.99);
}

TEST(random, below_is_unbiased) {
  Random random(3);
  std::vector<int> count(6, 0);
  for (int i = 0; i < 60000; ++i) ++count[random.below(6)];
  for (const int c : count) EXPECT_NEAR(c, 10000, 450);
  EXPECT_EQ(random.below(1), 0u);
  EXPECT_LT(random.below((uint64_t{1} << 63) + 1), (uint64_t{1} << 63) + 1);
}

std::vector<int64_t> order_of(uint64_t seed, int64_t epoch, int64_t n) {
  const Permutation permutation(seed, epoch, n);
  std::vector<int64_t> order(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) order[static_cast<size_t>(i)] = permutation[i];
  return order;
}

TEST(permutation, is_a_bijection) {
  for (const int64_t n : {0, 1, 2, 3, 4, 5, 7, 8, 9, 100, 120, 1797, 4096, 60000}) {
    auto order = order_of(9, 3, n);
    std::sort(order.begin(), order.end());
    for (int64_t i = 0; i < n; ++i) ASSERT_EQ(order[static_cast<size_t>(i)], i) << n;
  }
  const Permutation large(1, 2, int64_t{1} << 40);
  std::set<int64_t> images;
  for (int64_t i = 0; i < 1000; ++i) images.insert(large[i * 1000000007 % (int64_t{1} << 40)]);
  EXPECT_EQ(images.size(), 1000u);
  EXPECT_LT(*images.rbegin(), int64_t{1} << 40);
  EXPECT_THROW(Permutation(1, 1, -1), Error);
}

TEST(permutation, many_at_once_are_the_same) {
  for (const int64_t n : {5, 12, 1797}) {  // small n walk often
    const auto order = order_of(3, 7, n);
    const Permutation permutation(3, 7, n);
    for (const int64_t first : {int64_t{0}, n / 3})
      for (const int64_t count : {int64_t{0}, int64_t{1}, n - first}) {
        std::vector<int64_t> some(static_cast<size_t>(count));
        permutation.fill(first, some);
        for (int64_t i = 0; i < count; ++i)
          EXPECT_EQ(some[static_cast<size_t>(i)], order[static_cast<size_t>(first + i)]);
      }
  }
}

TEST(permutation, depends_on_seed_and_epoch) {
  EXPECT_EQ(order_of(1, 1, 100), order_of(1, 1, 100));
  EXPECT_NE(order_of(1, 1, 100), order_of(2, 1, 100));
  EXPECT_NE(order_of(1, 1, 100), order_of(1, 2, 100));
}

// Version 1 of the order. If this fails, raise kVersion: old checkpoints cannot resume under the
// new.
TEST(permutation, version_1_does_not_change) {
  EXPECT_EQ(Permutation::kVersion, 1);
  EXPECT_THAT(order_of(42, 0, 10), ElementsAre(2, 1, 0, 9, 8, 7, 3, 6, 4, 5));
}

// Over many epochs every order of 3 and 4 rows comes up as often as any other, and with 50 rows
// every row at every place.
TEST(permutation, is_uniform) {
  for (const int64_t n : {3, 4}) {
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), int64_t{0});
    std::vector<std::vector<int64_t>> orders;
    do orders.push_back(order);
    while (std::next_permutation(order.begin(), order.end()));
    std::vector<double> count(orders.size(), 0);
    const int epochs = 24000;
    for (int epoch = 0; epoch < epochs; ++epoch)
      ++count[static_cast<size_t>(std::find(orders.begin(), orders.end(), order_of(5, epoch, n)) -
                                  orders.begin())];
    const double expected = epochs / static_cast<double>(orders.size());
    double chi_square = 0;
    for (const double c : count) chi_square += (c - expected) * (c - expected) / expected;
    EXPECT_LT(chi_square, n == 3 ? 20.5 : 49.7);  // 99.9 % of 5 and 23 degrees of freedom
  }
  const int64_t n = 50;
  std::vector<double> count(static_cast<size_t>(n * n), 0);
  for (int epoch = 0; epoch < 5000; ++epoch) {
    const auto order = order_of(5, epoch, n);
    for (int64_t i = 0; i < n; ++i)
      ++count[static_cast<size_t>(i * n + order[static_cast<size_t>(i)])];
  }
  double chi_square = 0;
  for (const double c : count) chi_square += (c - 100) * (c - 100) / 100;
  EXPECT_NEAR(chi_square, 49 * 49, 4 * std::sqrt(2.0 * 49 * 49));
}

// Neighbours do not stay neighbours: the gaps between successive rows look like those of a shuffle.
TEST(permutation, separates_neighbours) {
  const int64_t n = 10000;
  const auto order = order_of(8, 1, n);
  double gap = 0;
  int64_t adjacent = 0;
  for (size_t i = 1; i < order.size(); ++i) {
    gap += static_cast<double>(std::abs(order[i] - order[i - 1])) / static_cast<double>(n);
    adjacent += std::abs(order[i] - order[i - 1]) == 1;
  }
  EXPECT_NEAR(gap / static_cast<double>(n), 1.0 / 3, 0.01);
  EXPECT_LT(adjacent, 12);
}

// From numpy.random.RandomState(seed).permutation(12).
TEST(numpy_random, permutations_are_numpys) {
  EXPECT_THAT(NumpyRandomState(0).permutation(12),
              ElementsAre(6, 11, 4, 10, 2, 8, 1, 7, 9, 3, 0, 5));
  EXPECT_THAT(NumpyRandomState(42).permutation(12),
              ElementsAre(10, 9, 0, 8, 5, 2, 1, 11, 4, 7, 3, 6));
  EXPECT_THAT(NumpyRandomState(4294967295u).permutation(12),
              ElementsAre(11, 8, 5, 9, 1, 10, 6, 0, 4, 7, 2, 3));
}

// The 10000th output of MT19937 under its default seed, as the C++ standard states it.
TEST(numpy_random, is_mt19937) {
  NumpyRandomState state(5489);
  for (int i = 0; i < 9999; ++i) state.next();
  EXPECT_EQ(state.next(), 4123659995u);
  EXPECT_EQ(state.interval(0), 0u);
  EXPECT_THROW(state.permutation(-1), Error);
}

}  // namespace
}  // namespace tutti
