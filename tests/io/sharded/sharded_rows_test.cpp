#include "io/sharded/sharded_rows.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "core/base/random.h"
#include "core/device/thread_pool.h"
#include "io/columns.h"
#include "io/formats/csv_records.h"
#include "io/formats/idx.h"
#include "io/formats/image_file.h"
#include "io/formats/zip_archive.h"
#include "io/sharded/npz_member.h"
#include "tests/io/sharded/shards.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(sharded_rows, every_row_of_every_kind_in_any_order) {
  for (const auto& kind : shard_kinds())
    for (const BadRecords bad : {BadRecords::fatal, BadRecords::skip}) {
      const DataFolder folder;
      kind.write(folder);
      const auto rows = kind.open(folder, bad);
      ASSERT_EQ(rows->rows(), kAllRows) << kind.name;
      EXPECT_EQ(rows->outputs()[0].dtype, DType::i32);
      EXPECT_EQ(rows->inputs()[0].shape, (Shape{2}));
      Random random(7);
      for (int batch = 0; batch < 50; ++batch) {
        std::vector<int64_t> wanted(1 + random.below(9));
        for (auto& row : wanted) row = static_cast<int64_t>(random.below(kAllRows));
        const auto read = read_rows(*rows, wanted);
        for (size_t i = 0; i < wanted.size(); ++i)
          EXPECT_EQ(read[i], expected_row(wanted[i])) << kind.name << " " << wanted[i];
      }
      EXPECT_EQ(rows->bad_records(), 0);
    }
}

TEST(sharded_rows, many_threads_read_at_once) {
  for (const auto& kind : shard_kinds()) {
    const DataFolder folder;
    kind.write(folder);
    const auto rows = kind.open(folder, BadRecords::skip);
    ThreadPool pool(4, true);
    std::vector<std::array<float, 4>> read(kAllRows * 20);
    pool.run(static_cast<int64_t>(read.size()), [&](int64_t i) {
      const int64_t row = i * 5 % kAllRows;
      read[static_cast<size_t>(i)] = read_rows(*rows, std::span(&row, 1))[0];
    });
    for (size_t i = 0; i < read.size(); ++i)
      ASSERT_EQ(read[i], expected_row(static_cast<int64_t>(i) * 5 % kAllRows)) << kind.name;
  }
}

// What `source` gives for all rows of its only input.
template <typename T>
std::vector<T> whole_input(const RowSource& source) {
  std::vector<int64_t> rows(static_cast<size_t>(source.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<T> values(rows.size() * static_cast<size_t>(source.inputs()[0].shape.elements()));
  source.read_input(0, rows, values.data());
  return values;
}

TEST(sharded_rows, arrays_of_every_type_are_those_of_the_whole_file) {
  const std::string formats = TUTTI_SOURCE_DIR "/tests/io/formats/";
  for (const char* name : {"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4"}) {
    const DataFolder folder;
    const Tensor whole = read_npy(formats + name + ".npy");
    const auto rows =
        array_rows(ArrayKind::npy, {{"x", formats + name + ".npy"}}, {}, cache_of(folder));
    ASSERT_EQ(rows->inputs()[0].dtype, whole.dtype()) << name;
    std::vector<std::byte> read(whole.bytes());
    rows->read_input(0, std::vector<int64_t>{0, 1}, read.data());
    EXPECT_EQ(std::memcmp(read.data(), whole.raw(), whole.bytes()), 0) << name;
  }
}

TEST(sharded_rows, idx_files_are_those_of_the_whole_file) {
  const DataFolder folder;
  const Tensor a = Tensor::from(std::vector<int32_t>{1, -2, 70000, 4}, {2, 2});
  const Tensor b = Tensor::from(std::vector<int32_t>{9, 8}, {1, 2});
  write_idx(folder / "a-idx2", a);
  write_idx(folder / "b-idx2", b);
  const auto rows = array_rows(ArrayKind::idx, {{"x", folder / "*-idx2"}}, {}, cache_of(folder));
  EXPECT_THAT(whole_input<int32_t>(*rows), ElementsAre(1, -2, 70000, 4, 9, 8));
}

TEST(sharded_rows, npz_members_of_numpy_and_of_other_archives) {
  const DataFolder folder;
  const std::string golden = TUTTI_SOURCE_DIR "/tests/io/formats/arrays.npz";
  const auto rows = array_rows(ArrayKind::npz, {{"x", golden}, {"y", golden}}, {.outputs = {"y"}},
                               cache_of(folder));
  std::vector<float> counted(12);
  std::iota(counted.begin(), counted.end(), 0.0f);
  EXPECT_EQ(whole_input<float>(*rows), counted);
  std::vector<int32_t> y(2);
  rows->read_output(0, std::vector<int64_t>{3, 0}, y.data());
  EXPECT_THAT(y, ElementsAre(2, -1));

  write_npy(folder / "x.npy", Tensor{{1, 2}, {3, 4}});
  folder.write("z.npz", write_zip({{"first", "?"},
                                   {"x.npy", FileSystem::current().read(folder / "x.npy")}}));
  const auto zip = array_rows(ArrayKind::npz, {{"x", folder / "z.npz"}}, {}, cache_of(folder));
  EXPECT_THAT(whole_input<float>(*zip), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(npz_members(DataFile(folder / "z.npz")), ElementsAre("x"));
  EXPECT_TRUE(throws_with([&] { npz_member(DataFile(folder / "z.npz"), "y"); },
                          {"z.npz]", "no array 'y'", "it holds x"}));
}

TEST(sharded_rows, npz_archives_are_hostile) {
  const DataFolder folder;
  std::string bytes = FileSystem::current().read(TUTTI_SOURCE_DIR "/tests/io/formats/arrays.npz");
  const auto survives = [&](const std::string& changed) {
    folder.write("x.npz", changed);
    try {
      array_layout(DataFile(folder / "x.npz"), ArrayKind::npz, "y");
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("x.npz]"));
    }
  };
  for (size_t length = 0; length < bytes.size(); ++length) survives(bytes.substr(0, length));
  for (size_t at = 0; at < bytes.size(); ++at)
    for (const char mask : {'\x01', '\xff'}) {
      bytes[at] ^= mask;
      survives(bytes);
      bytes[at] ^= mask;
    }
}

TEST(sharded_rows, csv_with_line_ends_in_cells_as_the_whole_table) {
  const DataFolder folder;
  folder.write("a.csv",
               "\xEF\xBB\xBFname,\"n\n1\",label\r\n1.5,\" 2 \",red\r\n\n\n\"3\",4e2,\"blue\"");
  folder.write("b.csv", "name,\"n\n1\",label\n-.25,+7,blue\n");
  const auto rows = csv_rows(folder.path(), {}, {{"label", {"red", "blue"}}},
                             {.outputs = {"label"}}, cache_of(folder));
  EXPECT_THAT(whole_input<float>(*rows), ElementsAre(1.5f, 2, 3, 400, -0.25f, 7));
  std::vector<int32_t> labels(3);
  rows->read_output(0, std::vector<int64_t>{0, 1, 2}, labels.data());
  EXPECT_THAT(labels, ElementsAre(0, 1, 1));
  EXPECT_EQ(rows->place(2), (folder / "b.csv").string() + " record 0 (byte 17)");
}

// Tables of quotes, line ends and delimiters wherever chance puts them: both readers see the same
// records, or both see none.
TEST(sharded_rows, csv_records_are_those_of_the_whole_text) {
  Random random(3);
  const std::string where = "x", letters = "12,\"\"\n\r;";
  int read = 0;
  for (int table = 0; table < 600; ++table) {
    const DataFolder folder;
    std::string text;
    for (uint64_t i = 1 + random.below(14); i > 0; --i)
      text += letters[random.below(letters.size())];
    const auto path = folder.write("x.csv", text);
    std::vector<std::string> whole, framed;
    try {
      CsvRecords records(text, ',', where);
      std::vector<std::string_view> cells;
      while (records.next(cells)) whole.push_back(fmt::format("{}", fmt::join(cells, "|")));
    } catch (const Error&) {
      continue;  // a record that is none may be cut another way
    }
    const ShardFiles files({path}, csv_framing(',', false), cache_of(folder));
    std::vector<char> buffer;
    for (int64_t i = 0; i < files.records(); ++i) {
      CsvRecords records(files.read(i, buffer), ',', where);
      std::vector<std::string_view> cells;
      while (records.next(cells)) framed.push_back(fmt::format("{}", fmt::join(cells, "|")));
    }
    ASSERT_EQ(framed, whole) << testing::PrintToString(text);
    ++read;
  }
  EXPECT_GT(read, 200);
}

TEST(sharded_rows, lines_of_text) {
  const DataFolder folder;
  const auto path = folder.write("x.txt", "one\r\n\ntwo\nlast");
  const ShardFiles lines({path}, line_framing(), cache_of(folder));
  std::vector<char> buffer;
  std::vector<std::string> read;
  for (int64_t i = 0; i < lines.records(); ++i) read.emplace_back(lines.read(i, buffer));
  EXPECT_THAT(read, ElementsAre("one", "two", "last"));
}

TEST(sharded_rows, records_that_are_larger_than_what_is_read_at_a_time) {
  const DataFolder folder;
  std::string text;
  for (const char letter : {'a', 'b', 'c', 'd', 'e'})
    text += "\"" + std::string(1'500'000 + static_cast<size_t>(letter), letter) + "\n\"\n";
  const auto path = folder.write("x.csv", text);
  const ShardFiles files({path}, csv_framing(',', false), cache_of(folder));
  ASSERT_EQ(files.records(), 5);
  std::vector<char> buffer;
  for (int64_t i = 4; i >= 0; --i) {
    const auto record = files.read(i, buffer);
    EXPECT_EQ(record.size(), 1'500'003 + 'a' + static_cast<size_t>(i));
    EXPECT_EQ(record[1], 'a' + i);
  }
}

TEST(sharded_rows, pictures_are_those_that_are_loaded_at_once) {
  const DataFolder folder;
  for (const char* name : {"cat/1.png", "cat/2.png", "dog/0.png"}) {
    std::filesystem::create_directories((folder / name).parent_path());
    Tensor pixels = Tensor::empty({5, 7, 3}, DType::u8);
    for (int64_t i = 0; i < pixels.elements(); ++i)
      pixels.data<uint8_t>()[i] = static_cast<uint8_t>(i * 7 + name[4]);
    folder.write(name, encode_png(pixels));
  }
  const ImageLoading loading{.image_size = {4, 4}};
  const auto rows = picture_rows(folder.path(), loading, {}, {.outputs = {"label"}});
  const Tensor whole = load_pictures(list_pictures(folder.path(), true, {}, false).files, loading);
  EXPECT_EQ(whole_input<float>(*rows), whole.to_vector<float>());
  std::vector<int32_t> labels(3);
  rows->read_output(0, std::vector<int64_t>{2, 1, 0}, labels.data());
  EXPECT_THAT(labels, ElementsAre(1, 0, 0));

  folder.write("dog/0.png", "no picture at all");
  const auto again = picture_rows(folder.path(), loading, {},
                                  {.outputs = {"label"}, .bad_records = BadRecords::skip});
  std::vector<float> weights(3);
  again->read_weights(0, std::vector<int64_t>{0, 1, 2}, weights.data());
  EXPECT_THAT(weights, ElementsAre(1, 1, 0));
  EXPECT_THAT(again->bad_record_messages(),
              ElementsAre(HasSubstr("dog/0.png] is neither PNG nor JPEG")));
}

TEST(sharded_rows, a_gibibyte_is_read_row_by_row_in_little_memory) {
  const DataFolder folder;
  constexpr int64_t kWidth = 4096, kRowCount = 65536;  // f32
  std::string header = fmt::format(
      "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", kRowCount, kWidth);
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string head("\x93NUMPY\x01\x00", 8);
  head += {static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  head += header;
  const auto path = folder.write("x.npy", head);
  std::filesystem::resize_file(path, head.size() + (uint64_t{1} << 30));
  const auto put = [&](int64_t row, float value) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(head.size()) + row * kWidth * 4);
    file.write(reinterpret_cast<const char*>(&value), sizeof value);
  };
  put(0, 1), put(40000, 2), put(kRowCount - 1, 3);

  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  const auto rows = array_rows(ArrayKind::npy, {{"x", path}}, {}, cache_of(folder));
  std::vector<float> read(3 * kWidth);
  rows->read_input(0, std::vector<int64_t>{kRowCount - 1, 0, 40000}, read.data());
  EXPECT_THAT(std::vector<float>({read[0], read[kWidth], read[2 * kWidth]}), ElementsAre(3, 1, 2));
  for (int64_t row = 0; row < kRowCount; row += 97)
    rows->read_input(0, std::span(&row, 1), read.data());
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 32 << 10) << "KiB";
}

TEST(sharded_rows, says_what_does_not_fit_together) {
  const DataFolder folder;
  write_npy(folder / "x.npy", Tensor{{1, 2}, {3, 4}});
  write_npy(folder / "y.npy", Tensor{1, 2, 3});
  write_npy(folder / "w.npy", Tensor{1, 2});
  const auto opened = [&](std::vector<std::pair<std::string, std::filesystem::path>> columns,
                          const std::vector<std::string>& outputs) {
    return array_rows(ArrayKind::npy, columns, {.outputs = outputs}, cache_of(folder));
  };
  const auto x = folder / "x.npy", y = folder / "y.npy";
  EXPECT_TRUE(throws_with(
      [&] {
        opened({{"x", x}, {"y", y}}, {"y"});
      },
      {"y.npy] has 3 rows", "x.npy has 2"}));
  EXPECT_TRUE(throws_with([&] { opened({{"x", x}}, {"z"}); }, {"no column 'z'", "there are x"}));
  EXPECT_TRUE(throws_with([&] { opened({{"x", x}}, {"x"}); }, {"all columns are outputs"}));
  EXPECT_TRUE(throws_with([&] { opened({{"x", folder / "[xw].npy"}}, {}); }, {"check the path"}));
  EXPECT_TRUE(throws_with(
      [&] {
        opened({{"x", folder / "?.npy"}}, {});
      },
      {"x.npy] has rows of <f4 (2,), ", "w.npy has rows of <f4 ()"}));
  write_npy(folder / "scalar.npy", Tensor(2.0));
  EXPECT_TRUE(throws_with([&] { opened({{"x", folder / "scalar.npy"}}, {}); }, {"holds a scalar"}));
  EXPECT_TRUE(throws_with(
      [&] {
        opened({{"x", TUTTI_SOURCE_DIR "/tests/io/formats/fortran.npy"}}, {});
      },
      {"Fortran order", "order='C'"}));
  folder.write("a.csv", "a,b\n1,2\n");
  folder.write("b.csv", "a,c\n1,2\n");
  EXPECT_TRUE(
      throws_with([&] { csv_rows(folder.path(), {}, {}, {.outputs = {"b"}}, cache_of(folder)); },
                  {"b.csv] has other columns", "a.csv", "a, b"}));
  folder.write("c.tfrecord", std::string("\x1f\x8b\x08\0\0\0\0\0\0\3", 10));
  EXPECT_TRUE(
      throws_with([&] { tfrecord_rows(folder / "c.tfrecord", {{"x"}}, {}, cache_of(folder)); },
                  {"c.tfrecord] is a damaged gzip file", "ends early"}));
}

}  // namespace
}  // namespace tutti
