#include "io/formats/npy.h"

#include <numeric>

#include "core/base/filesystem.h"
#include "io/data_source.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

const std::string kFormats = TUTTI_SOURCE_DIR "/tests/io/formats/";

// A file of version 1 with this header and data.
std::string npy_bytes(const std::string& header, const std::string& data = "") {
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size() & 0xff) +
         static_cast<char>(header.size() >> 8) + header + data;
}

::testing::AssertionResult npy_refused(const std::string& bytes, std::vector<std::string> pieces) {
  pieces.push_back("[x.npy]");
  return throws_with([&] { parse_npy(bytes, "x.npy"); }, pieces);
}

TEST(npy, reads_what_numpy_writes) {
  const std::pair<const char*, DType> types[] = {
      {"f4", DType::f32}, {"f8", DType::f64}, {"f2", DType::f16}, {"i1", DType::i32},
      {"i2", DType::i32}, {"i4", DType::i32}, {"i8", DType::i64}, {"u1", DType::u8},
      {"u2", DType::i32}, {"u4", DType::i64}};
  for (const auto& [name, dtype] : types) {
    const Tensor tensor = read_npy(kFormats + name + ".npy");
    EXPECT_EQ(tensor.dtype(), dtype) << name;
    EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
    EXPECT_THAT(tensor.to_vector<double>(), ElementsAre(1, 0, 3, 4, 5, 100)) << name;
  }
  EXPECT_THAT(read_npy(kFormats + "b1.npy").to_vector<bool>(),
              ElementsAre(true, false, true, true, true, true));
  std::vector<float> counted(24);
  std::iota(counted.begin(), counted.end(), 0.0f);
  EXPECT_EQ(read_npy(kFormats + "fortran.npy").to_vector<float>(), counted);
  EXPECT_EQ(read_npy(kFormats + "scalar.npy").item(), 2.5);
  EXPECT_EQ(read_npy(kFormats + "empty.npy").shape(), (Shape{0, 3}));
  EXPECT_THAT(read_npy(kFormats + "version_3.npy").to_vector<int>(), ElementsAre(0, 1, 2));
}

TEST(npy, reads_what_it_writes) {
  const DataFolder folder;
  for (const DType dtype :
       {DType::f32, DType::f64, DType::f16, DType::i32, DType::i64, DType::u8, DType::bool_}) {
    const Tensor tensor = Tensor{{1, 0, 1}, {0, 1, 1}}.to(dtype);
    write_npy(folder / "x.npy", tensor);
    const Tensor read = read_npy(folder / "x.npy");
    EXPECT_EQ(read.dtype(), dtype);
    EXPECT_EQ(read.shape(), tensor.shape());
    EXPECT_EQ(read.to_vector<double>(), tensor.to_vector<double>());
  }
  write_npy(folder / "x.npy", Tensor(2.0).to(DType::bf16));
  EXPECT_EQ(read_npy(folder / "x.npy").dtype(), DType::f32);
  EXPECT_EQ(read_npy(folder / "x.npy").shape().rank(), 0);
  // Byte for byte what NumPy writes.
  const Tensor again = read_npy(kFormats + "f4.npy");
  write_npy(folder / "x.npy", again);
  EXPECT_EQ(FileSystem::current().read(folder / "x.npy"),
            FileSystem::current().read(kFormats + "f4.npy"));
}

TEST(npy, refuses_hostile_files) {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  const std::string data(8, '\0');
  EXPECT_EQ(parse_npy(npy_bytes(good, data), "x").elements(), 2);
  EXPECT_TRUE(
      throws_with([] { read_npy(kFormats + "objects.npy"); }, {"objects.npy", "'|O'", "run code"}));
  EXPECT_TRUE(throws_with([] { read_npy(kFormats + "big_endian.npy"); }, {"'>f4'", "big-endian"}));
  EXPECT_TRUE(npy_refused("", {"not a .npy"}));
  EXPECT_TRUE(npy_refused("PK\x03\x04 something else", {"not a .npy"}));
  EXPECT_TRUE(npy_refused(std::string("\x93NUMPY\x04\x00\x02\x00{}", 12), {"version 4.0"}));
  EXPECT_TRUE(npy_refused(npy_bytes(good).substr(0, 20), {"ends in its header"}));
  EXPECT_TRUE(
      npy_refused(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{}", 14), {"4294967295", "10000"}));
  EXPECT_TRUE(npy_refused(npy_bytes(std::string(10001, ' ')), {"10001", "10000"}));
  EXPECT_TRUE(npy_refused(npy_bytes(good, data + "x"), {"9 bytes", "8"}));
  EXPECT_TRUE(npy_refused(npy_bytes(good, data.substr(1)), {"7 bytes"}));
  const auto header = [](const std::string& descr, const std::string& shape) {
    return npy_bytes("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + "}");
  };
  EXPECT_TRUE(npy_refused(header("<f4", "(4294967296, 4294967296)"), {"2^40"}));
  EXPECT_TRUE(npy_refused(header("<f4", "(4194305, 4194305, 211106198978564)"), {"2^40"}));
  EXPECT_TRUE(npy_refused(header("<f4", "(99999999999999999999999,)"), {"2^40"}));
  EXPECT_TRUE(npy_refused(header("<f4", "(-1,)"), {"extent"}));
  EXPECT_TRUE(npy_refused(header("<f4", "(1, 2"), {"','"}));
  EXPECT_TRUE(npy_refused(header("<f4", "(1 2)"), {"','"}));
  EXPECT_TRUE(npy_refused(header("<c8", "(1,)"), {"'<c8'"}));
  EXPECT_TRUE(npy_refused(header("", "(1,)"), {"''"}));
  EXPECT_TRUE(npy_refused(header(std::string(200, 'f'), "(1,)"), {"short"}));
  EXPECT_TRUE(npy_refused(header("<f4", "__import__('os')"), {"'('"}));
  std::string axes = "(";
  for (int i = 0; i < 40; ++i) axes += "1,";
  EXPECT_TRUE(npy_refused(header("<f4", axes + ")"), {"32 axes"}));
  EXPECT_TRUE(npy_refused(npy_bytes("{'descr': '<f4'}"), {"keys"}));
  EXPECT_TRUE(npy_refused(npy_bytes("{'descr': '<f4', 'descr': '<f8'}"), {"'descr' twice"}));
  EXPECT_TRUE(npy_refused(npy_bytes("{'evil': 1}"), {"'evil'"}));
  EXPECT_TRUE(npy_refused(npy_bytes("{'descr': [('a', '<f4')]}"), {"structured"}));
  EXPECT_TRUE(npy_refused(npy_bytes(good + "; import os", data), {"after '}'"}));
  EXPECT_TRUE(npy_refused(npy_bytes("{"), {"malformed"}));
}

// Every cut and every changed byte of a good file is read or refused, never worse.
TEST(npy, survives_cuts_and_changes) {
  const std::string file = FileSystem::current().read(kFormats + "f8.npy");
  int refusals = 0;
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_TRUE(throws_with([&] { parse_npy(file.substr(0, length), "x"); }, {"[x]"}));
  for (size_t at = 0; at < file.size(); ++at)
    for (const char byte : {'\0', '\xff', '9', '(', '\''}) {
      std::string changed = file;
      changed[at] = byte;
      try {
        parse_npy(changed, "x");
      } catch (const Error&) {
        ++refusals;
      }
    }
  EXPECT_GT(refusals, 100);
}

TEST(npy, is_a_source_of_columns) {
  const DataFolder folder;
  write_npy(folder / "x.npy", Tensor{{1, 2}, {3, 4}});
  write_npy(folder / "y.npy", Tensor{1, 2, 3});
  EXPECT_EQ(make_data_source("npy", "x.npy")->load(folder.path()).columns[0].name, "features");
  const Config both(Config::Map{{"files", Config::Map{{"image", "x.npy"}, {"label", "x.npy"}}}});
  const Table table = make_data_source("npy", both)->load(folder.path());
  EXPECT_THAT(table.names(), ElementsAre("image", "label"));
  EXPECT_EQ(table.rows(), 2);
  const Config uneven(Config::Map{{"files", Config::Map{{"a", "x.npy"}, {"b", "y.npy"}}}});
  EXPECT_TRUE(throws_with([&] { make_data_source("npy", uneven)->load(folder.path()); },
                          {"y.npy", "3 rows", "x.npy has 2"}));
  EXPECT_TRUE(
      throws_with([&] { make_data_source("npy", "none.npy")->load(folder.path()); }, {"none.npy"}));
}

}  // namespace
}  // namespace tutti
