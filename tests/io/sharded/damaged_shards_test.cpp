// Shards that are flipped, cut, missing or swapped: nothing of it goes unseen, and what is passed
// over is counted and named.
#include <fstream>

#include "core/base/random.h"
#include "io/event_log/record_frame.h"
#include "tests/io/sharded/shards.h"
#include "tests/number_in_environment.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string read_file(const fs::path& path) { return FileSystem::current().read(path); }

// As a disk does it: nobody wrote, and the time says so.
void change_silently(const fs::path& path, const std::string& bytes) {
  const auto time = fs::last_write_time(path);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  fs::last_write_time(path, time);
}

// What a resume does: opens the data, compares it with what the checkpoint says, and reads.
void resume(const ShardKind& kind, const DataFolder& folder, const std::vector<DataStamp>& before) {
  const auto rows = kind.open(folder, BadRecords::fatal);
  check_same_data(before, rows->stamps());
  read_rows(*rows, all_rows());
}

struct Damage {
  const char* name;
  std::function<void(const ShardKind&, const DataFolder&, Random&)> make;
};

fs::path some_shard(const ShardKind& kind, const DataFolder& folder, Random& random) {
  return folder / shard_name(kind.stem, static_cast<int64_t>(random.below(kShards)), kind.ending);
}

void flip_a_bit(const ShardKind& kind, const DataFolder& folder, Random& random) {
  const fs::path path = some_shard(kind, folder, random);
  std::string bytes = read_file(path);
  bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
  change_silently(path, bytes);
}

// Between two records, where the format itself sees nothing wrong.
void cut_records(const ShardKind& kind, const DataFolder& folder, Random& random) {
  const fs::path path = some_shard(kind, folder, random);
  const std::string bytes = read_file(path);
  const uint64_t kept = random.below(kRowsOfShard);
  size_t end = 0;
  if (kind.name == "csv") {
    for (uint64_t line = 0; line <= kept; ++line) end = bytes.find('\n', end) + 1;
  } else if (kind.name == "tfrecord") {
    for (uint64_t i = 0; i < kept; ++i)
      end +=
          kFrameHead + *framed_length(std::string_view(bytes).substr(end, kFrameHead)) + kFrameTail;
  } else {
    const Tensor rows = read_npy(path);
    return write_npy(path, rows.slice_rows(0, static_cast<int64_t>(kept)));
  }
  change_silently(path, bytes.substr(0, end));
}

void remove_a_shard(const ShardKind& kind, const DataFolder& folder, Random& random) {
  fs::remove(some_shard(kind, folder, random));
}

void swap_two_shards(const ShardKind& kind, const DataFolder& folder, Random& random) {
  const auto a = static_cast<int64_t>(random.below(kShards));
  const int64_t b = (a + 1 + static_cast<int64_t>(random.below(kShards - 1))) % kShards;
  const fs::path first = folder / shard_name(kind.stem, a, kind.ending),
                 second = folder / shard_name(kind.stem, b, kind.ending);
  fs::rename(first, folder / "between");
  fs::rename(second, first);
  fs::rename(folder / "between", second);
}

TEST(damaged_shards, none_goes_unseen) {
  const Damage damages[] = {{"flipped", flip_a_bit},
                            {"cut", cut_records},
                            {"missing", remove_a_shard},
                            {"swapped", swap_two_shards}};
  Random random(testing_support::fault_seed(16));
  const uint64_t count = testing_support::fault_count(60);
  const auto& kinds = shard_kinds();
  for (uint64_t i = 0; i < count; ++i) {
    const ShardKind& kind = kinds[i % kinds.size()];
    const Damage& damage = damages[i / kinds.size() % std::size(damages)];
    const DataFolder folder;
    kind.write(folder);
    const auto before = kind.open(folder, BadRecords::fatal)->stamps();
    EXPECT_NO_THROW(resume(kind, folder, before));
    damage.make(kind, folder, random);
    // The file is named.
    EXPECT_TRUE(throws_with([&] { resume(kind, folder, before); },
                            {"[" + folder.path().string(), kind.ending}))
        << kind.name << " " << damage.name << " " << i;
    // The same where no index knows of it any more.
    fs::remove_all(folder / "cache");
    EXPECT_TRUE(throws_with([&] { resume(kind, folder, before); },
                            {"[" + folder.path().string(), kind.ending}))
        << kind.name << " " << damage.name << " " << i << " without an index";
  }
  RecordProperty("faults", std::to_string(count));
}

// A flip in the records of a file that is in use: the row is passed over and no other.
TEST(damaged_shards, one_row_is_passed_over_counted_and_named) {
  for (const auto& kind : shard_kinds()) {
    const DataFolder folder;
    kind.write(folder);
    const auto rows = kind.open(folder, BadRecords::skip),
               strict = kind.open(folder, BadRecords::fatal);
    const fs::path path = folder / shard_name(kind.stem, 2, kind.ending);
    std::string bytes = read_file(path);
    bytes[bytes.size() - 6] ^= '\x04';
    change_silently(path, bytes);
    const int64_t last = 3 * kRowsOfShard - 1;
    // Rows of an array that are short share a checksum, and its fate.
    const int64_t first_bad = kind.name == "npy" ? last - kRowsOfShard + 1 : last;
    for (int time = 0; time < 2; ++time) {
      const auto read = read_rows(*rows, all_rows());
      for (int64_t row = 0; row < kAllRows; ++row)
        EXPECT_EQ(read[static_cast<size_t>(row)], row >= first_bad && row <= last
                                                      ? (std::array<float, 4>{0, 0, 0, 0})
                                                      : expected_row(row))
            << kind.name << " " << row;
    }
    EXPECT_EQ(rows->bad_records(), last - first_bad + 1) << kind.name;
    EXPECT_THAT(
        rows->bad_record_messages().back(),
        HasSubstr(path.string() + " record " + std::to_string(kRowsOfShard - 1) + " (byte "))
        << kind.name;
    EXPECT_TRUE(throws_with([&] { read_rows(*strict, all_rows()); }, {"[" + path.string()}))
        << kind.name;
  }
}

// What was wrong before anybody looked is the format's to see.
TEST(damaged_shards, records_that_never_were_good) {
  const DataFolder folder;
  write_tfrecord_shards(folder);
  const fs::path path = folder / shard_name("t", 1, ".tfrecord");
  std::string bytes = read_file(path);
  bytes[kFrameHead + 3] ^= '\x40';
  std::ofstream(path, std::ios::binary) << bytes;
  const ShardKind& tfrecord = shard_kinds()[0];
  const auto rows = tfrecord.open(folder, BadRecords::skip);
  const auto read = read_rows(*rows, all_rows());
  for (int64_t row = 0; row < kAllRows; ++row)
    EXPECT_EQ(read[static_cast<size_t>(row)][3], row == kRowsOfShard ? 0 : 1);
  EXPECT_THAT(rows->bad_record_messages(),
              ElementsAre(HasSubstr("record 0 (byte 0)] is damaged: its checksum is wrong")));
  EXPECT_TRUE(throws_with([&] { read_rows(*tfrecord.open(folder, BadRecords::fatal), all_rows()); },
                          {path.string() + " record 0 (byte 0)] is damaged"}));

  const DataFolder tables;
  write_csv_shards(tables);
  tables.write(shard_name("t", 3, ".csv"), "a,b,y\n1,2,0\n3,four,1\n5,6\n7,8,some\n9,10,2\n");
  const auto csv = shard_kinds()[1].open(tables, BadRecords::skip);
  const auto cells = read_rows(*csv, std::vector<int64_t>{18, 19, 20, 21, 22});
  std::vector<float> weights;
  for (const auto& row : cells) weights.push_back(row[3]);
  EXPECT_THAT(weights, ElementsAre(1, 0, 0, 0, 1));
  EXPECT_THAT(csv->bad_record_messages(),
              ElementsAre(HasSubstr("record 1 (byte 12)] column 'b': expected a finite number, "
                                    "got 'four'"),
                          HasSubstr("record 2 (byte 21)] has 2 cells"),
                          HasSubstr("record 3 (byte 25)] column 'y': expected a whole number")));
}

// Without its lengths nothing behind a damaged head can be found: no choice passes that over.
TEST(damaged_shards, a_damaged_head_ends_it) {
  const DataFolder folder;
  write_tfrecord_shards(folder);
  const fs::path path = folder / shard_name("t", 0, ".tfrecord");
  std::string bytes = read_file(path);
  bytes[2] ^= '\x01';
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_TRUE(throws_with([&] { shard_kinds()[0].open(folder, BadRecords::skip); },
                          {path.string() + " record 0 (byte 0)] has a damaged head"}));
}

TEST(damaged_shards, what_changed_is_named) {
  const auto stamps = [](std::vector<DataStamp> files) { return files; };
  const auto before = stamps({{"a", {}, 3, 1}, {"b", {}, 3, 2}});
  const auto refused = [&](std::vector<DataStamp> now, const std::string& piece) {
    return throws_with([&] { check_same_data(before, now); }, {piece, "begin a new run"});
  };
  EXPECT_NO_THROW(check_same_data(before, stamps({{"a", {9, 9, 9}, 3, 1}, {"b", {}, 3, 2}})));
  EXPECT_TRUE(refused({{"a", {}, 3, 1}}, "[b] is missing"));
  EXPECT_TRUE(refused({{"a", {}, 3, 1}, {"b", {}, 3, 2}, {"c", {}, 1, 1}}, "[c] was added"));
  EXPECT_TRUE(refused({{"b", {}, 3, 2}, {"a", {}, 3, 1}}, "[a] has another place"));
  EXPECT_TRUE(refused({{"a", {}, 2, 1}, {"b", {}, 3, 2}}, "[a] had 3 records"));
  EXPECT_TRUE(refused({{"a", {}, 3, 1}, {"b", {}, 3, 5}}, "[b] has other records"));
}

}  // namespace
}  // namespace tutti
