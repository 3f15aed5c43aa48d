// Shards that are gzip files: unpacked once, and the same rows.
#include "io/sharded/unpacked_file.h"

#include "core/base/filesystem.h"
#include "io/columns.h"
#include "io/data_source.h"
#include "io/formats/idx.h"
#include "io/sharded/csv_tables.h"
#include "tests/io/sharded/shards.h"

namespace tutti {
namespace {

void pack(const DataFolder& folder, const std::string& pattern) {
  ASSERT_EQ(std::system(fmt::format("cd '{}' && gzip {}", folder.path().string(), pattern).c_str()),
            0);
}

TEST(unpacked_file, packed_shards_have_the_same_rows) {
  for (const size_t kind : {size_t{0}, size_t{1}}) {  // TFRecord and CSV
    const ShardKind& shards = shard_kinds()[kind];
    const DataFolder folder;
    shards.write(folder);
    pack(folder, "t-*");
    const auto open = [&](bool build) {
      const IndexOptions index{folder / "cache", build};
      return kind == 0
                 ? tfrecord_rows(folder.path(), {{"x", DType::f32, {2}}, {"y", DType::i32, {}}},
                                 with_outputs(BadRecords::fatal), index)
                 : csv_rows(folder.path(), {}, {}, with_outputs(BadRecords::fatal), index);
    };
    EXPECT_TRUE(throws_with([&] { open(false); }, {"is not unpacked in"})) << shards.name;
    const auto rows = open(true);
    const auto read = read_rows(*rows, all_rows());
    for (int64_t row = 0; row < kAllRows; ++row)
      EXPECT_EQ(read[static_cast<size_t>(row)], expected_row(row)) << shards.name;
    EXPECT_TRUE(rows->stamps()[0].file.ends_with(".gz"));
    EXPECT_NO_THROW(open(false));
  }
}

TEST(unpacked_file, arrays_too) {
  const DataFolder folder;
  const Tensor x = Tensor{{1, 2}, {3, 4}, {5, 6}}, y = Tensor{7, 8, 9}.to(DType::u8);
  write_idx(folder / "x-ubyte", x.to(DType::u8)), write_idx(folder / "y-ubyte", y);
  write_npy(folder / "x.npy", x);
  pack(folder, "x-ubyte y-ubyte x.npy");
  for (const auto& source :
       {make_data_source("idx", Config::Map{{"images", "x-ubyte.gz"}, {"labels", "y-ubyte.gz"}}),
        make_data_source("npy", "x.npy.gz")}) {
    const auto tables = source->open(folder.path(), cache_of(folder));
    const Table one_by_one = tables->read(std::vector<int64_t>{0, 1, 2});
    EXPECT_EQ(to_dataset(one_by_one).digest(), to_dataset(source->load(folder.path())).digest());
    EXPECT_EQ(one_by_one.columns[0].values.to_vector<float>(), x.to_vector<float>());
  }
}

TEST(unpacked_file, an_npz_file_of_packed_arrays_is_refused_by_name) {
  const DataFolder folder;
  std::string bytes = FileSystem::current().read(TUTTI_SOURCE_DIR "/tests/io/formats/arrays.npz");
  for (size_t at = 0; (at = bytes.find("PK\1\2", at)) != std::string::npos; at += 4)
    bytes[at + 10] = 8;  // deflated
  folder.write("a.npz", bytes);
  const auto source = make_data_source("npz", "a.npz");
  for (const bool whole : {true, false})
    EXPECT_TRUE(throws_with(
        [&] {
          if (whole) source->load(folder.path());
          source->open(folder.path(), cache_of(folder));
        },
        {"a.npz] has 'x' compressed", "write it again with numpy.savez"}));
}

TEST(unpacked_file, a_table_in_memory_is_the_same) {
  const DataFolder folder;
  write_csv_shards(folder);
  const auto source = make_data_source("csv", ".");
  const uint64_t plain = to_dataset(source->load(folder.path())).digest();
  pack(folder, "t-*");
  EXPECT_EQ(to_dataset(source->load(folder.path())).digest(), plain);
  const Table read = csv_tables(folder.path(), {}, cache_of(folder))->read(all_rows());
  EXPECT_EQ(to_dataset(read).digest(), plain);
}

TEST(unpacked_file, is_made_anew_for_another_file_and_named_where_it_is_damaged) {
  const DataFolder folder;
  const auto lines = [&] {
    return FileSystem::current().read(unpacked_file(folder / "t.gz", cache_of(folder)));
  };
  const auto put = [&](const std::string& text) {
    std::filesystem::remove(folder / "t.gz");
    folder.write("t", text);
    pack(folder, "-n t");
  };
  std::string much;
  for (int i = 0; i < 400'000; ++i) much += fmt::format("line {}\n", i * 7919LL % 1000);
  put(much);
  EXPECT_EQ(lines(), much);
  put("other\n");
  EXPECT_EQ(lines(), "other\n");
  // Members one after the other, as several `gzip -c` into one file.
  const std::string one = FileSystem::current().read(folder / "t.gz");
  folder.write("t.gz", one + one);
  EXPECT_EQ(lines(), "other\nother\n");
  folder.write("t.gz", one.substr(0, one.size() - 3));
  EXPECT_TRUE(throws_with(lines, {"t.gz] is a damaged gzip file: it ends early"}));
  std::string flipped = one;
  flipped[one.size() - 6] ^= '\1';
  folder.write("t.gz", flipped);
  EXPECT_TRUE(throws_with(lines, {"t.gz] is a damaged gzip file"}));
  folder.write("t.gz", "\x28\xb5\x2f\xfd and so on");
  EXPECT_TRUE(throws_with(lines, {"t.gz] is packed", "zstd -d"}));
  folder.write("plain", "x");
  EXPECT_EQ(unpacked_file(folder / "plain", cache_of(folder)), folder / "plain");
}

}  // namespace
}  // namespace tutti
