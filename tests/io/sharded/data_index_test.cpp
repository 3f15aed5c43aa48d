#include "io/sharded/data_index.h"

#include <sys/stat.h>

#include <fstream>

#include "tests/io/sharded/shards.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<fs::path> indexes_in(const DataFolder& folder) {
  std::vector<fs::path> paths;
  for (const auto& name : FileSystem::current().list(folder / "cache"))
    paths.push_back(folder / "cache" / name);
  return paths;
}

// Counts how often a file is looked through.
class CountedLines final : public RecordFraming {
 public:
  std::string name() const override { return lines_->name(); }
  void scan(const DataFile& file, IndexWriter& index) const override {
    ++scans;
    lines_->scan(file, index);
  }
  mutable int scans = 0;

 private:
  std::shared_ptr<const RecordFraming> lines_ = line_framing();
};

std::vector<std::string> lines_of(const DataFile& file, const DataIndex& index) {
  std::vector<std::string> lines;
  std::vector<char> buffer;
  for (int64_t i = 0; i < index.records(); ++i) lines.emplace_back(index.read(file, i, buffer));
  return lines;
}

const std::vector<std::string> kLines = {"first", "second", "third"};
constexpr const char* kText = "first\nsecond\nthird\n";

TEST(data_index, is_made_once_and_not_beside_the_data) {
  const DataFolder folder;
  fs::create_directory(folder / "data");
  const DataFile file(folder.write("data/x.txt", kText));
  const CountedLines framing;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(lines_of(file, DataIndex::load_or_build(file, framing, cache_of(folder))), kLines);
  EXPECT_EQ(framing.scans, 1);
  EXPECT_THAT(FileSystem::current().list(folder / "data"), SizeIs(1));
  EXPECT_THAT(indexes_in(folder), SizeIs(1));
}

TEST(data_index, is_refused_a_place_beside_the_data) {
  const DataFolder folder;
  const DataFile file(folder.write("x.txt", kText));
  for (const fs::path& place : {folder.path(), folder.path() / ".", fs::path()})
    EXPECT_TRUE(
        throws_with([&] { DataIndex::load_or_build(file, *line_framing(), IndexOptions{place}); },
                    {"is kept beside no data", "another folder"}));
  EXPECT_THAT(FileSystem::current().list(folder.path()), SizeIs(1));
}

TEST(data_index, one_rank_makes_it) {
  const DataFolder folder;
  const DataFile file(folder.write("x.txt", kText));
  const CountedLines framing;
  const IndexOptions other{folder / "cache", false};
  EXPECT_TRUE(throws_with([&] { DataIndex::load_or_build(file, framing, other); },
                          {"x.txt] has no index in ", "one rank"}));
  DataIndex::load_or_build(file, framing, cache_of(folder));
  EXPECT_EQ(DataIndex::load_or_build(file, framing, other).records(), 3);
  // Where another host's copy stands under the same name it has its own time, but no other content.
  fs::last_write_time(file.path(), fs::last_write_time(file.path()) + std::chrono::hours(1));
  const DataFile copy(file.path());
  const DataIndex of_copy = DataIndex::load_or_build(copy, framing, other);
  EXPECT_EQ(lines_of(copy, of_copy), kLines);
  EXPECT_EQ(of_copy.stamp(), copy.stamp());
  folder.write("x.txt", "first\nsecand\nthird\n");
  EXPECT_TRUE(throws_with([&] { DataIndex::load_or_build(DataFile(file.path()), framing, other); },
                          {"x.txt] is not the file that was indexed", "every host"}));
  EXPECT_EQ(framing.scans, 1);
}

TEST(data_index, is_made_anew_of_a_file_that_changed) {
  const DataFolder folder;
  const CountedLines framing;
  const auto path = folder.write("x.txt", kText);
  const auto content = [&] {
    return DataIndex::load_or_build(DataFile(path), framing, cache_of(folder)).content();
  };
  const uint64_t before = content();
  folder.write("x.txt", "first\nsecand\nthird\n");  // of one size
  EXPECT_NE(content(), before);
  EXPECT_EQ(framing.scans, 2);
  folder.write("x.txt", kText);
  fs::last_write_time(path, fs::last_write_time(path) + std::chrono::hours(1));
  EXPECT_EQ(content(), before);  // of another time, with the same records
  EXPECT_EQ(framing.scans, 3);
  // Of the same size and time: the sample sees it.
  const auto time = fs::last_write_time(path);
  folder.write("x.txt", "first\nsecand\nthird\n");
  fs::last_write_time(path, time);
  EXPECT_NE(content(), before);
  EXPECT_EQ(framing.scans, 4);
}

TEST(data_index, of_other_framing_or_another_file_is_another) {
  const DataFolder folder;
  const DataFile a(folder.write("x.csv", kText));
  fs::create_directory(folder / "b");
  const DataFile b(folder.write("b/x.csv", "one\n"));
  EXPECT_EQ(DataIndex::load_or_build(a, *line_framing(), cache_of(folder)).records(), 3);
  EXPECT_EQ(DataIndex::load_or_build(a, *csv_framing(',', true), cache_of(folder)).records(), 2);
  EXPECT_EQ(DataIndex::load_or_build(b, *line_framing(), cache_of(folder)).records(), 1);
  EXPECT_THAT(indexes_in(folder), SizeIs(3));
}

TEST(data_index, a_damaged_one_is_made_anew) {
  const DataFolder folder;
  const DataFile file(folder.write("x.txt", kText));
  const CountedLines framing;
  DataIndex::load_or_build(file, framing, cache_of(folder));
  const fs::path path = indexes_in(folder).at(0);
  const std::string good = FileSystem::current().read(path);
  int scans = 1;
  const auto check = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_EQ(lines_of(file, DataIndex::load_or_build(file, framing, cache_of(folder))), kLines);
    EXPECT_EQ(framing.scans, ++scans);
    EXPECT_EQ(FileSystem::current().read(path), good);
  };
  for (size_t length = 0; length < good.size(); length += 3) check(good.substr(0, length));
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] ^= '\x10';
    check(bytes);
  }
}

TEST(data_index, a_record_that_changed_since_is_not_given) {
  const DataFolder folder;
  const auto path = folder.write("x.txt", kText);
  const DataFile file(path);
  const DataIndex index = DataIndex::load_or_build(file, *line_framing(), cache_of(folder));
  std::fstream(path, std::ios::in | std::ios::out).seekp(8).put('X');
  std::vector<char> buffer;
  EXPECT_EQ(index.read(file, 0, buffer), "first");
  EXPECT_THROW(index.read(file, 1, buffer), BadRecord);
  EXPECT_TRUE(throws_with([&] { index.read(file, 1, buffer); },
                          {"x.txt record 1 (byte 6)] is not what was indexed"}));
  EXPECT_EQ(index.read(file, 2, buffer), "third");
  // That the file is shorter is no matter of one record: no choice passes it over.
  fs::resize_file(path, 10);
  try {
    index.read(file, 2, buffer);
    ADD_FAILURE() << "read from behind the end";
  } catch (const BadRecord&) {
    ADD_FAILURE() << "a record is blamed";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("x.txt] ends at byte 13"));
  }
}

TEST(data_index, rows_of_one_length_share_checksums) {
  const DataFolder folder;
  std::vector<float> values(5000);
  std::iota(values.begin(), values.end(), 0.0f);
  const auto path = folder / "x.npy";
  write_npy(path, Tensor::from(values, {5000}));
  const DataFile file(path);
  const DataIndex index =
      DataIndex::load_or_build(file, *array_framing(ArrayKind::npy), cache_of(folder));
  EXPECT_LT(fs::file_size(indexes_in(folder).at(0)), 600u);
  std::vector<char> buffer;
  for (const int64_t row : {0, 1, 127, 128, 4999}) {
    float value;
    ASSERT_EQ(index.read(file, row, buffer).size(), sizeof value);
    std::memcpy(&value, index.read(file, row, buffer).data(), sizeof value);
    EXPECT_EQ(value, static_cast<float>(row));
  }
}

TEST(data_index, nothing_is_left_where_writing_fails) {
  const DataFolder folder;
  const DataFile file(folder.write("x.tfrecord", "no frame at all, and long enough for a head"));
  EXPECT_TRUE(
      throws_with([&] { DataIndex::load_or_build(file, *tfrecord_framing(), cache_of(folder)); },
                  {"x.tfrecord record 0 (byte 0)] has a damaged head"}));
  EXPECT_THAT(indexes_in(folder), IsEmpty());
}

TEST(data_index, an_empty_file_has_no_records) {
  const DataFolder folder;
  for (const auto& framing : {tfrecord_framing(), line_framing(), csv_framing(',', true)}) {
    const DataFile file(folder.write("x", ""));
    EXPECT_EQ(DataIndex::load_or_build(file, *framing, cache_of(folder)).records(), 0);
  }
}

TEST(shard_files, are_files_folders_and_patterns_by_name) {
  const DataFolder folder;
  for (const char* name :
       {"b.csv", "a.csv", "a.txt", ".c.csv", "b.csv.bak", "c.csv-00000-of-00001"})
    folder.write(name, "");
  fs::create_directory(folder / "d.csv");
  const auto names = [&](const std::string& path) {
    std::vector<std::string> found;
    for (const auto& file : shard_files(folder.path() / path, {".csv"}))
      found.push_back(file.filename().string());
    return found;
  };
  EXPECT_EQ(names("a.txt"), (std::vector<std::string>{"a.txt"}));
  EXPECT_EQ(names(""), (std::vector<std::string>{"a.csv", "b.csv", "c.csv-00000-of-00001"}));
  EXPECT_EQ(names("?.csv"), (std::vector<std::string>{"a.csv", "b.csv"}));
  EXPECT_EQ(names("a.*"), (std::vector<std::string>{"a.csv", "a.txt"}));
  EXPECT_TRUE(throws_with([&] { names("z*"); }, {"z*] names no file", "check the path"}));
}

TEST(shard_files, that_count_themselves_are_all_there) {
  const DataFolder folder;
  for (const int shard : {0, 1, 2})
    folder.write(fmt::format("t.tfrecord-{:05}-of-00003", shard), "");
  EXPECT_THAT(shard_files(folder.path(), {".tfrecord"}), SizeIs(3));
  fs::remove(folder / "t.tfrecord-00001-of-00003");
  EXPECT_TRUE(throws_with([&] { shard_files(folder.path(), {".tfrecord"}); },
                          {"t.tfrecord-00001-of-00003] is missing", "3 such files"}));
}

TEST(shard_files, of_which_few_are_open_at_a_time) {
  const DataFolder folder;
  std::vector<fs::path> files;
  for (int i = 0; i < 300; ++i)
    files.push_back(folder.write(fmt::format("{:03}.txt", i), fmt::format("{}\n", i)));
  const ShardFiles lines(files, line_framing(), cache_of(folder));
  std::vector<char> buffer;
  for (int round = 0; round < 2; ++round)
    for (int64_t i = 0; i < 300; ++i)
      EXPECT_EQ(lines.read(i * 7 % 300, buffer), std::to_string(i * 7 % 300));
  folder.write("299.txt", "900\n");
  EXPECT_TRUE(throws_with(
      [&] {
        for (int64_t i = 0; i < 300; ++i) lines.read(i, buffer);
      },
      {"299.txt] changed while it was read"}));
}

}  // namespace
}  // namespace tutti
