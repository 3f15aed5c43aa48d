// Cases of the ordered reduction that any backend runs, against a slow recursive reference.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "distributed/tree_reduce.h"

namespace tutti::tree_reduce_cases {

// A leaf's element: magnitudes differ so that every order of addition rounds differently.
template <typename T>
T leaf_value(int64_t shard, int64_t i) {
  uint64_t h = static_cast<uint64_t>(shard + 1) * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(i);
  h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
  h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
  if constexpr (std::is_integral_v<T>) return static_cast<T>(h >> 8);
  const double unit = static_cast<double>(h >> 11) * 0x1p-53 - 0.5;
  return static_cast<T>(unit * std::pow(10.0, static_cast<double>(h % 7)));
}

// The tree, written as its definition: level k, node i covers shards [i 2^k, (i + 1) 2^k) cut at S.
template <typename T>
T tree_node(int level, int64_t i, int64_t shards, int64_t element) {
  if (level == 0) return leaf_value<T>(i, element);
  const int64_t right_begin = (2 * i + 1) << (level - 1);
  const T left = tree_node<T>(level - 1, 2 * i, shards, element);
  if (right_begin >= shards) return left;
  return left + tree_node<T>(level - 1, 2 * i + 1, shards, element);
}
template <typename T>
T tree_sum(int64_t shards, int64_t element) {
  int level = 0;
  while ((int64_t{1} << level) < shards) ++level;
  return tree_node<T>(level, 0, shards, element);
}
// The value of a root: a node given as its range of shards.
template <typename T>
T root_value(TreeNode node, int64_t shards, int64_t element) {
  int level = 0;
  while ((int64_t{1} << level) < node.size()) ++level;
  return tree_node<T>(level, node.begin >> level, shards, element);
}

// This rank's partial sums, `stride` apart, at `place`.
template <typename T>
PartialSums fill_partials(T* place, const Communicator& c, int64_t shards, int64_t n,
                          int64_t stride) {
  ShardLayout layout;
  layout.shards = shards;
  layout.rank = c.rank();
  layout.world = c.size();
  int64_t index = 0;
  for (const TreeNode& node : layout.roots()) {
    for (int64_t i = 0; i < n; ++i) place[index * stride + i] = root_value<T>(node, shards, i);
    ++index;
  }
  return {dtype_of<T>, place, n, stride};
}

template <typename T>
bool same_bits(const T* a, const T* b, int64_t n) {
  return n == 0 || std::memcmp(a, b, static_cast<size_t>(n) * sizeof(T)) == 0;
}

// Shares of unequal sizes, some of them empty.
inline std::vector<int64_t> uneven_offsets(int64_t n, int world) {
  std::vector<int64_t> offsets{0};
  for (int r = 1; r < world; ++r) {
    const int64_t cut = (n * r * r) / (world * world);
    offsets.push_back(r == 2 ? offsets.back() : std::max(offsets.back(), cut));
  }
  offsets.push_back(n);
  return offsets;
}

// Sums `n` elements over `shards` in every way there is and compares bits with the reference.
template <typename T>
void check_reduction(Communicator& c, int64_t shards, int64_t n) {
  std::vector<T> expected(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) expected[i] = tree_sum<T>(shards, i);
  const int64_t stride = n + 3;
  const size_t most = static_cast<size_t>(stride * (shards + 1));
  const auto offsets = uneven_offsets(n, c.size());
  const int64_t begin = offsets[c.rank()], count = offsets[c.rank() + 1] - begin;
  const auto region = c.share(most * sizeof(T));
  ASSERT_NE(region, nullptr);
  TreeReduce reduce(c, shards, region.get());
  std::vector<T> apart(most), sums(static_cast<size_t>(n) + 1);
  auto* shared = reinterpret_cast<T*>(region->at(c.rank()));
  for (T* place : {apart.data(), shared})
    for (const bool in_place : {false, true}) {
      PartialSums partials = fill_partials(place, c, shards, n, stride);
      T* out = in_place ? place + begin : sums.data();
      reduce.reduce_scatter(partials, offsets, out);
      EXPECT_TRUE(same_bits(out, expected.data() + begin, count)) << "reduce_scatter " << in_place;
      region->barrier();
      partials = fill_partials(place, c, shards, n, stride);
      out = in_place ? place : sums.data();
      reduce.all_reduce(partials, out);
      EXPECT_TRUE(same_bits(out, expected.data(), n)) << "all_reduce " << in_place;
      region->barrier();
    }
}

}  // namespace tutti::tree_reduce_cases
