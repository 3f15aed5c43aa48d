// Shards for tests: the same rows as files of each kind and in memory.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "core/base/filesystem.h"
#include "io/formats/npy.h"
#include "io/formats/tfrecord.h"
#include "io/sharded/row_files.h"
#include "tests/io/error_check.h"

namespace tutti {

inline constexpr int64_t kShards = 4, kRowsOfShard = 6, kAllRows = kShards * kRowsOfShard;

// Row i of all rows is x = (10 i, 10 i + 0.5), y = i % 3.
inline std::pair<float, float> x_of(int64_t row) {
  const auto value = static_cast<float>(row);
  return {10 * value, 10 * value + 0.5f};
}

inline std::string shard_name(const std::string& stem, int64_t shard, const std::string& ending) {
  return fmt::format("{}-{:05}-of-{:05}{}", stem, shard, kShards, ending);
}

// A kind of shards: writes all of them to a folder, and opens what is there.
struct ShardKind {
  std::string name;
  std::string stem, ending;  // of the files that tests damage
  std::function<void(const DataFolder&)> write;
  std::function<ShardedRowsPtr(const DataFolder&, BadRecords)> open;
};

inline ShardedRowsOptions with_outputs(BadRecords bad) {
  return {.outputs = {"y"}, .bad_records = bad};
}
inline IndexOptions cache_of(const DataFolder& folder) { return {folder / "cache"}; }

inline void write_tfrecord_shards(const DataFolder& folder) {
  for (int64_t shard = 0; shard < kShards; ++shard) {
    std::vector<std::string> records;
    for (int64_t row = shard * kRowsOfShard; row < (shard + 1) * kRowsOfShard; ++row) {
      const auto [a, b] = x_of(row);
      records.push_back(
          write_example({{"x", std::vector<float>{a, b}}, {"y", std::vector<int64_t>{row % 3}}}));
    }
    write_tfrecord(folder / shard_name("t", shard, ".tfrecord"), records);
  }
}

inline void write_csv_shards(const DataFolder& folder) {
  for (int64_t shard = 0; shard < kShards; ++shard) {
    std::string text = "a,b,y\n";
    for (int64_t row = shard * kRowsOfShard; row < (shard + 1) * kRowsOfShard; ++row)
      text += fmt::format("{},\"{}\",{}\n", x_of(row).first, x_of(row).second, row % 3);
    folder.write(shard_name("t", shard, ".csv"), text);
  }
}

inline void write_npy_shards(const DataFolder& folder) {
  for (int64_t shard = 0; shard < kShards; ++shard) {
    std::vector<float> x;
    std::vector<int32_t> y;
    for (int64_t row = shard * kRowsOfShard; row < (shard + 1) * kRowsOfShard; ++row) {
      x.insert(x.end(), {x_of(row).first, x_of(row).second});
      y.push_back(static_cast<int32_t>(row % 3));
    }
    write_npy(folder / shard_name("x", shard, ".npy"), Tensor::from(x, {kRowsOfShard, 2}));
    write_npy(folder / shard_name("y", shard, ".npy"), Tensor::from(y, {kRowsOfShard}));
  }
}

inline const std::vector<ShardKind>& shard_kinds() {
  static const std::vector<ShardKind> kinds = {
      {"tfrecord", "t", ".tfrecord", write_tfrecord_shards,
       [](const DataFolder& folder, BadRecords bad) {
         return tfrecord_rows(folder / "t-*.tfrecord",
                              {{"x", DType::f32, {2}}, {"y", DType::i32, {}}}, with_outputs(bad),
                              cache_of(folder));
       }},
      {"csv", "t", ".csv", write_csv_shards,
       [](const DataFolder& folder, BadRecords bad) {
         return csv_rows(folder.path(), {}, {}, with_outputs(bad), cache_of(folder));
       }},
      {"npy", "x", ".npy", write_npy_shards,
       [](const DataFolder& folder, BadRecords bad) {
         return array_rows(ArrayKind::npy, {{"x", folder / "x-*.npy"}, {"y", folder / "y-*.npy"}},
                           with_outputs(bad), cache_of(folder));
       }},
  };
  return kinds;
}

// Reads rows one batch at a time; (x0, x1, y, weight) of each.
inline std::vector<std::array<float, 4>> read_rows(const RowSource& source,
                                                   std::span<const int64_t> rows) {
  std::vector<float> x(2 * rows.size()), weights(rows.size(), 1.0f);
  std::vector<int32_t> y(rows.size());
  source.read_input(0, rows, x.data());
  source.read_output(0, rows, y.data());
  if (source.has_weights(0)) source.read_weights(0, rows, weights.data());
  std::vector<std::array<float, 4>> read;
  for (size_t i = 0; i < rows.size(); ++i)
    read.push_back({x[2 * i], x[2 * i + 1], static_cast<float>(y[i]), weights[i]});
  return read;
}

inline std::vector<int64_t> all_rows() {
  std::vector<int64_t> rows(kAllRows);
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

inline std::array<float, 4> expected_row(int64_t row) {
  return {x_of(row).first, x_of(row).second, static_cast<float>(row % 3), 1};
}

}  // namespace tutti
