#include "io/formats/safetensors.h"

#include "core/base/filesystem.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::string safetensors_bytes(const std::string& header, size_t data = 0) {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(header.size() >> shift);
  return bytes + header + std::string(data, '\1');
}

::testing::AssertionResult safetensors_refused(const std::string& header, size_t data,
                                               std::vector<std::string> pieces) {
  pieces.push_back("[x]");
  return throws_with([&] { parse_safetensors(safetensors_bytes(header, data), "x"); }, pieces);
}

TEST(safetensors, reads_what_its_authors_write) {
  const auto file = read_safetensors(TUTTI_SOURCE_DIR "/tests/io/formats/three.safetensors");
  EXPECT_THAT(file.metadata, ElementsAre(Pair("format", "np")));
  ASSERT_EQ(file.tensors.size(), 3u);
  for (const auto& [name, tensor] : file.tensors) {
    if (name == "a") {
      EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
      EXPECT_THAT(tensor.to_vector<float>(), ElementsAre(0, 1, 2, 3, 4, 5));
    } else if (name == "b") {
      EXPECT_THAT(tensor.to_vector<bool>(), ElementsAre(true, false));
    } else {
      EXPECT_EQ(name, "c");
      EXPECT_EQ(tensor.shape(), (Shape{0, 2}));
    }
  }
}

TEST(safetensors, reads_what_it_writes) {
  const DataFolder folder;
  Safetensors file;
  file.metadata = {{"run", "a \"quoted\" word"}};
  for (const DType dtype : {DType::f32, DType::f64, DType::i32, DType::i64, DType::u8, DType::bool_,
                            DType::bf16, DType::f16})
    file.tensors.emplace_back(std::string(name_of(dtype)) + "/kernel:0",
                              Tensor{{1, 0}, {0, 1}}.to(dtype));
  file.tensors.emplace_back("scalar", Tensor(2.5));
  file.tensors.emplace_back("none", Tensor::zeros({0, 4}));
  write_safetensors(folder / "w.safetensors", file);
  const auto read = read_safetensors(folder / "w.safetensors");
  EXPECT_EQ(read.metadata, file.metadata);
  ASSERT_EQ(read.tensors.size(), file.tensors.size());
  for (size_t i = 0; i < read.tensors.size(); ++i) {
    EXPECT_EQ(read.tensors[i].first, file.tensors[i].first);
    EXPECT_EQ(read.tensors[i].second.dtype(), file.tensors[i].second.dtype());
    EXPECT_EQ(read.tensors[i].second.shape(), file.tensors[i].second.shape());
    EXPECT_EQ(read.tensors[i].second.to_vector<double>(),
              file.tensors[i].second.to_vector<double>());
  }
  const std::string bytes = FileSystem::current().read(folder / "w.safetensors");
  EXPECT_EQ(
      (8 + static_cast<unsigned char>(bytes[0]) + 256 * static_cast<unsigned char>(bytes[1])) % 8,
      0);
  file.tensors.emplace_back("scalar", Tensor(1.0));
  EXPECT_TRUE(
      throws_with([&] { write_safetensors(folder / "x", file); }, {"two tensors named 'scalar'"}));
  write_safetensors(folder / "empty", {});
  EXPECT_TRUE(read_safetensors(folder / "empty").tensors.empty());
}

TEST(safetensors, refuses_hostile_headers) {
  const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  EXPECT_EQ(parse_safetensors(safetensors_bytes(good, 8), "x").tensors.size(), 1u);
  EXPECT_TRUE(throws_with([] { parse_safetensors("short", "x"); }, {"5 bytes"}));
  EXPECT_TRUE(
      throws_with([] { parse_safetensors(std::string(8, '\xff') + "{}", "x"); }, {"100 MB"}));
  EXPECT_TRUE(throws_with([] { parse_safetensors(std::string("\x40\0\0\0\0\0\0\0{}", 10), "x"); },
                          {"cut"}));
  EXPECT_TRUE(safetensors_refused("[]", 0, {"'{'"}));
  EXPECT_TRUE(safetensors_refused("", 0, {"'{'"}));
  EXPECT_TRUE(safetensors_refused("{", 0, {"no JSON"}));
  EXPECT_TRUE(safetensors_refused(good + "x", 8, {"no JSON"}));
  EXPECT_TRUE(safetensors_refused(good, 7, {"'a'", "[0, 8] in 7 bytes"}));
  EXPECT_TRUE(safetensors_refused(good, 9, {"1 bytes behind"}));
  const auto one = [](const std::string& fields) { return "{\"a\":{" + fields + "}}"; };
  const std::string rest = R"("dtype":"F32","data_offsets":[0,4],)";
  EXPECT_TRUE(safetensors_refused(one(rest + R"("shape":[4194305,4194305,211106198978564])"), 4,
                                  {"'a'", "2^40"}));
  EXPECT_TRUE(safetensors_refused(one(rest + R"("shape":[18446744073709551615,2])"), 4, {"2^40"}));
  EXPECT_TRUE(safetensors_refused(one(rest + R"("shape":[2])"), 4, {"4 bytes of data", "8"}));
  EXPECT_TRUE(safetensors_refused(one(rest + R"("shape":[-1])"), 4, {"negative"}));
  EXPECT_TRUE(safetensors_refused(one(rest + R"("shape":[1.5])"), 4, {"not whole"}));
  EXPECT_TRUE(safetensors_refused(one(rest + R"("shape":["1"])"), 4, {"text"}));
  EXPECT_TRUE(safetensors_refused(one(rest + R"("shape":[[1]])"), 4, {"a list"}));
  EXPECT_TRUE(safetensors_refused(one(rest + R"("shape":{"a":1})"), 4, {"an object"}));
  EXPECT_TRUE(safetensors_refused(one(rest + R"("shape":null)"), 4, {"null"}));
  EXPECT_TRUE(
      safetensors_refused(one(rest + R"("shape":[1],"shape":[1])"), 4, {"second", "'shape'"}));
  EXPECT_TRUE(safetensors_refused(one(rest + R"("shape":[1],"size":4)"), 4, {"unknown", "'size'"}));
  EXPECT_TRUE(safetensors_refused(one(R"("dtype":"F32","shape":[1])"), 4, {"lacks"}));
  EXPECT_TRUE(safetensors_refused(one(R"("dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4])"), 4,
                                  {"F8_E4M3"}));
  EXPECT_TRUE(
      safetensors_refused(one(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), 4, {"[4, 0]"}));
  EXPECT_TRUE(safetensors_refused(one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,8])"), 8,
                                  {"two data_offsets"}));
  EXPECT_TRUE(safetensors_refused(R"({"__metadata__":{"a":1}})", 0, {"a number"}));
  EXPECT_TRUE(
      safetensors_refused(R"({"__metadata__":{"a":"1","a":"2"}})", 0, {"metadata 'a' twice"}));
  EXPECT_TRUE(safetensors_refused(R"({"a":1})", 0, {"a number"}));
}

TEST(safetensors, refuses_overlaps_holes_and_doubles) {
  const auto two = [](const char* a, const char* b, const char* name = "b") {
    return fmt::format(R"({{"a":{{"dtype":"U8","shape":[4],"data_offsets":{}}},)"
                       R"("{}":{{"dtype":"U8","shape":[4],"data_offsets":{}}}}})",
                       a, name, b);
  };
  EXPECT_EQ(parse_safetensors(safetensors_bytes(two("[4,8]", "[0,4]"), 8), "x").tensors[0].first,
            "b");
  EXPECT_TRUE(safetensors_refused(two("[0,4]", "[2,6]"), 6, {"'b' begins at byte 2, not at 4"}));
  EXPECT_TRUE(safetensors_refused(two("[0,4]", "[5,9]"), 9, {"'b' begins at byte 5, not at 4"}));
  EXPECT_TRUE(safetensors_refused(two("[0,4]", "[0,4]"), 4, {"begins at byte 0, not at 4"}));
  EXPECT_TRUE(safetensors_refused(two("[1,5]", "[5,9]"), 9, {"'a' begins at byte 1, not at 0"}));
  EXPECT_TRUE(safetensors_refused(two("[0,4]", "[4,8]", "a"), 8, {"'a' twice"}));
}

TEST(safetensors, survives_deep_nesting_cuts_and_changes) {
  EXPECT_TRUE(safetensors_refused("{\"a\":" + std::string(1000000, '['), 0, {"a list"}));
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  EXPECT_TRUE(safetensors_refused(deep, 0, {"unknown field"}));
  const std::string file =
      FileSystem::current().read(TUTTI_SOURCE_DIR "/tests/io/formats/three.safetensors");
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_TRUE(throws_with([&] { parse_safetensors(file.substr(0, length), "x"); }, {"[x]"}));
  int refusals = 0;
  for (size_t at = 0; at < file.size(); ++at)
    for (const char byte : {'\0', '\xff', '9', '{', '"'}) {
      std::string changed = file;
      changed[at] = byte;
      try {
        parse_safetensors(changed, "x");
      } catch (const Error&) {
        ++refusals;
      }
    }
  EXPECT_GT(refusals, 300);
}

}  // namespace
}  // namespace tutti
