// IDX files, alone and gzipped, and files that mean harm.
#include "io/formats/idx.h"

#include <zlib.h>

#include "core/base/filesystem.h"
#include "io/data_source.h"
#include "io/formats/gzip.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

std::string idx_bytes(int type, const std::vector<uint32_t>& dims, const std::string& data) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(dims.size())};
  for (const uint32_t dim : dims)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(dim >> shift);
  return bytes + data;
}

std::string packed(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

const std::string kTwoImages =
    idx_bytes(0x08, {2, 2, 3}, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\xff");

TEST(idx, reads_every_type_of_element) {
  const Tensor bytes = parse_idx(kTwoImages, "x");
  EXPECT_EQ(bytes.dtype(), DType::u8);
  EXPECT_EQ(bytes.shape(), (Shape{2, 2, 3}));
  EXPECT_EQ(bytes.at({1, 1, 2}), 255);
  const auto numbers = [](int type, const std::string& data) {
    const Tensor tensor = parse_idx(idx_bytes(type, {2}, data), "x");
    EXPECT_EQ(tensor.dtype(), type == 0x0D ? DType::f32 : type == 0x0E ? DType::f64 : DType::i32);
    return tensor.to_vector<double>();
  };
  EXPECT_THAT(numbers(0x09, "\xff\x7f"), ElementsAre(-1, 127));
  EXPECT_THAT(numbers(0x0B, std::string("\xff\xfe\x01\x02", 4)), ElementsAre(-2, 258));
  EXPECT_THAT(numbers(0x0C, std::string("\xff\xff\xff\xfd\x00\x01\x00\x00", 8)),
              ElementsAre(-3, 65536));
  EXPECT_THAT(numbers(0x0D, std::string("\x3f\x80\x00\x00\xc0\x20\x00\x00", 8)),
              ElementsAre(1, -2.5));
  EXPECT_THAT(numbers(0x0E, std::string("\x3f\xf0\0\0\0\0\0\0\xc0\x04\0\0\0\0\0\0", 16)),
              ElementsAre(1, -2.5));
}

TEST(idx, reads_what_it_writes_and_what_is_gzipped) {
  const DataFolder folder;
  for (const DType dtype : {DType::u8, DType::i32, DType::f32, DType::f64}) {
    const Tensor tensor = Tensor{{1, 0, 7}, {2, 100, 3}}.to(dtype);
    write_idx(folder / "x", tensor);
    const Tensor read = read_idx(folder / "x");
    EXPECT_EQ(read.dtype(), dtype);
    EXPECT_EQ(read.shape(), tensor.shape());
    EXPECT_EQ(read.to_vector<double>(), tensor.to_vector<double>());
  }
  write_idx(folder / "pictures", parse_idx(kTwoImages, "x"));
  EXPECT_EQ(FileSystem::current().read(folder / "pictures"), kTwoImages);
  folder.write("pictures.gz", packed(kTwoImages));
  EXPECT_EQ(read_idx(folder / "pictures.gz").to_vector<int>(),
            parse_idx(kTwoImages, "x").to_vector<int>());
  EXPECT_TRUE(throws_with([&] { write_idx(folder / "x", Tensor(1.0)); }, {"axes", "convert"}));
}

TEST(idx, is_a_source_of_pictures_and_labels) {
  const DataFolder folder;
  folder.write("images", kTwoImages);
  folder.write("labels", idx_bytes(0x08, {2}, "\x07\x03"));
  folder.write("three", idx_bytes(0x08, {3}, "\x07\x03\x01"));
  const auto load = [&](const std::string& labels) {
    const Config files(Config::Map{{"images", "images"}, {"labels", labels}});
    return make_data_source("idx", files)->load(folder.path());
  };
  const Table table = load("labels");
  EXPECT_THAT(table.names(), ElementsAre("image", "label"));
  EXPECT_EQ(table.label, "label");
  EXPECT_EQ(table.column("image").values.shape(), (Shape{2, 2, 3}));
  EXPECT_THAT(table.column("label").values.to_vector<int>(), ElementsAre(7, 3));
  EXPECT_TRUE(throws_with([&] { load("three"); }, {"three", "3 labels", "2 rows"}));
  EXPECT_TRUE(throws_with([&] { load("images"); }, {"(2, 2, 3)", "one number a row"}));
  EXPECT_THAT(make_data_source("idx", "images")->load(folder.path()).names(), ElementsAre("image"));
}

TEST(idx, refuses_hostile_files) {
  const auto refused = [](const std::string& bytes, std::vector<std::string> pieces) {
    pieces.push_back("[x]");
    return throws_with([&] { parse_idx(bytes, "x"); }, pieces);
  };
  EXPECT_TRUE(refused("", {"no IDX"}));
  EXPECT_TRUE(refused("PK\x03\x04", {"no IDX"}));
  EXPECT_TRUE(refused(idx_bytes(0x0A, {1}, "x"), {"0x0a", "0x08"}));
  EXPECT_TRUE(refused(idx_bytes(0x08, {}, "x"), {"0 axes"}));
  EXPECT_TRUE(refused(std::string("\0\0\x08\xff", 4), {"255 axes"}));
  EXPECT_TRUE(refused(std::string("\0\0\x08\x02\0\0\0\1", 8), {"ends in its header"}));
  EXPECT_TRUE(refused(idx_bytes(0x08, {0xffffffff, 0xffffffff}, "x"), {"2^40"}));
  EXPECT_TRUE(refused(idx_bytes(0x08, {0xffffffff, 0xffffffff, 0xffffffff}, "x"), {"2^40"}));
  EXPECT_TRUE(refused(idx_bytes(0x08, {1u << 30}, "x"), {"1 bytes", "1073741824"}));
  EXPECT_TRUE(refused(kTwoImages + "x", {"13 bytes", "12"}));
  EXPECT_EQ(parse_idx(idx_bytes(0x0C, {0, 28}, ""), "x").rows(), 0);
}

// Every cut and every changed byte of a good file is read or refused, never worse.
TEST(idx, survives_cuts_and_changes) {
  const std::string gz = packed(kTwoImages);
  for (const std::string& file : {kTwoImages, gz}) {
    const auto read = [&](const std::string& bytes) {
      return parse_idx(is_gzip(bytes) ? inflate_gzip(bytes, 1 << 20, "x") : bytes, "x");
    };
    for (size_t length = 0; length < file.size(); ++length)
      EXPECT_TRUE(throws_with([&] { read(file.substr(0, length)); }, {"[x]"})) << length;
    int refusals = 0;
    for (size_t at = 0; at < file.size(); ++at)
      for (const char byte : {'\0', '\x01', '\x7f', '\xff'}) {
        std::string changed = file;
        changed[at] = byte;
        try {
          read(changed);
        } catch (const Error& error) {
          EXPECT_TRUE(std::string(error.what()).starts_with("[x] ")) << error.what();
          ++refusals;
        }
      }
    EXPECT_GT(refusals, 40);
  }
}

TEST(gzip, holds_to_its_limit) {
  const std::string much = packed(std::string(5 << 20, 'a'));
  EXPECT_LT(much.size(), 10000u);
  EXPECT_TRUE(throws_with([&] { inflate_gzip(much, 3 << 20, "x"); }, {"[x]", "3145728", "split"}));
  EXPECT_EQ(inflate_gzip(much, 5 << 20, "x").size(), size_t{5} << 20);
  EXPECT_TRUE(throws_with([&] { inflate_gzip(much + "tail", 5 << 20, "x"); }, {"4 bytes behind"}));
}

}  // namespace
}  // namespace tutti
