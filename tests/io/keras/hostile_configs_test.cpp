// Files that nobody should trust: each is refused in one line that names the file and what is
// wrong.
#include <zlib.h>

#include <chrono>

#include "core/base/filesystem.h"
#include "core/model/model_file.h"
#include "io/formats/hdf5.h"
#include "io/formats/zip_archive.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using Clock = std::chrono::steady_clock;
using Pieces = std::vector<std::string>;

const std::string kHostileFiles = TUTTI_SOURCE_DIR "/tests/io/keras/files/";

std::string le(uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

// An entry as a zip archive has it, with whatever it says of itself.
struct RawEntry {
  std::string name, data;
  uint32_t attributes = 0;
  uint16_t flags = 0, method = 0;
  uint32_t says_size = 0, crc_error = 0;
};

std::string raw_zip(const std::vector<RawEntry>& entries) {
  std::string bytes, directory;
  for (const auto& e : entries) {
    const uint64_t crc =
        crc32(0, reinterpret_cast<const Bytef*>(e.data.data()), static_cast<uInt>(e.data.size())) +
        e.crc_error;
    const uint64_t size = e.says_size ? e.says_size : e.data.size();
    const std::string common = le(e.flags, 2) + le(e.method, 2) + le(0x00210000, 4) + le(crc, 4) +
                               le(e.data.size(), 4) + le(size, 4) + le(e.name.size(), 2) + le(0, 2);
    directory += "PK\1\2" + le(0x0314, 2) + le(20, 2) + common + le(0, 6) + le(e.attributes, 4) +
                 le(bytes.size(), 4) + e.name;
    bytes += "PK\3\4" + le(20, 2) + common + e.name + e.data;
  }
  const size_t at = bytes.size();
  return bytes + directory + "PK\5\6" + le(0, 4) + le(entries.size(), 2) + le(entries.size(), 2) +
         le(directory.size(), 4) + le(at, 4) + le(0, 2);
}

std::string deflated_zeros(size_t size) {
  std::string zeros(size, '\0'), out(compressBound(size), '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
  stream.avail_in = static_cast<uInt>(size);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

RawEntry zeros(const std::string& name, size_t size) {
  const std::string plain(size, '\0'), packed = deflated_zeros(size);
  const auto crc = [](const std::string& bytes) {
    return static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
  };
  return {name, packed, 0, 0, 8, static_cast<uint32_t>(size), crc(plain) - crc(packed)};
}

// Loads bytes as a .keras file.
void load_bytes(const std::string& bytes, const char* name = "hostile.keras") {
  const DataFolder folder;
  load_model(folder.write(name, bytes).string());
}

void expect_refused(const std::string& what, const std::string& bytes, Pieces pieces) {
  SCOPED_TRACE(what);
  const auto begin = Clock::now();
  pieces.push_back("hostile.keras");
  EXPECT_TRUE(throws_with([&] { load_bytes(bytes); }, pieces));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
}

std::string no_weights() { return write_hdf5({}); }

// A .keras file with this config.
std::string with_config(const std::string& config) {
  return write_zip({{"config.json", config}, {"model.weights.h5", no_weights()}});
}

std::string dense(const std::string& arguments) {
  return R"({"class_name": "Dense", "config": {"name": "d", )" + arguments + "}}";
}
std::string stack(const std::string& layers, const std::string& shape = "[null, 4]") {
  return R"({"class_name": "Sequential", "config": {"name": "s", "layers": [
      {"class_name": "InputLayer", "config": {"batch_shape": )" +
         shape + R"(, "dtype": "float32", "name": "i"}})" + (layers.empty() ? "" : ", ") + layers +
         "]}}";
}
std::string graph(const std::string& calls, const std::string& name = "d",
                  const std::string& output = R"(["d", 0, 0])") {
  return R"({"class_name": "Functional", "config": {"name": "f", "layers": [
      {"class_name": "InputLayer", "name": "i", "inbound_nodes": [],
       "config": {"batch_shape": [null, 4], "dtype": "float32", "name": "i"}},
      {"class_name": "Dense", "name": ")" +
         name + R"(", "config": {"name": "d", "units": 2}, "inbound_nodes": [)" + calls +
         R"(]}], "input_layers": ["i", 0, 0], "output_layers": )" + output + "}}";
}
std::string call_on(const std::string& history) {
  return R"({"args": [{"class_name": "__keras_tensor__", "config": {"shape": [null, 4],
             "dtype": "float32", "keras_history": )" +
         history + R"(}}], "kwargs": {}})";
}

TEST(HostileKeras, Archives) {
  const RawEntry config{"config.json", stack("")}, weights{"model.weights.h5", no_weights()};
  expect_refused("empty", "", {"config.json"});
  expect_refused("text", "not an archive", {"zip"});
  expect_refused("escape", raw_zip({config, weights, {"assets/../../evil", "x"}}), {"leaves"});
  expect_refused("absolute", raw_zip({config, weights, {"/outside", "x"}}), {"/outside"});
  expect_refused("backslash", raw_zip({config, weights, {"..\\evil", "x"}}), {"leaves"});
  expect_refused("drive", raw_zip({config, weights, {"C:evil", "x"}}), {"C:evil"});
  expect_refused("twice", raw_zip({config, config, weights}), {"already exists"});
  expect_refused("link", raw_zip({config, weights, {"assets/a", "/outside", 0120777u << 16}}),
                 {"assets/a", "symbolic link"});
  expect_refused("encrypted", raw_zip({config, {"model.weights.h5", "x", 0, 1}}), {"encrypted"});
  expect_refused("checksum", raw_zip({config, {"model.weights.h5", "x", 0, 0, 0, 0, 1}}),
                 {"model.weights.h5"});
  expect_refused("says more", raw_zip({{"config.json", "{}", 0, 0, 0, 100}, weights}), {"keras"});
  const std::string bomb = deflated_zeros(200 << 20);
  expect_refused("bomb", raw_zip({config, {"model.weights.h5", bomb, 0, 0, 8, 200u << 20}}),
                 {"model.weights.h5", "without compression"});
  expect_refused("two half bombs", raw_zip({config, zeros("a", 40 << 20), zeros("b", 40 << 20)}),
                 {"'b'", "without compression"});
  expect_refused("lying bomb", raw_zip({config, {"model.weights.h5", bomb, 0, 0, 8, 10}}),
                 {"model.weights.h5"});
  std::vector<RawEntry> many(10001);
  for (size_t i = 0; i < many.size(); ++i) many[i].name = std::to_string(i);
  expect_refused("many", raw_zip(many), {"10001 entries"});
  expect_refused("no config", raw_zip({weights}), {"config.json"});
  expect_refused("no weights", raw_zip({config}), {"model.weights.h5"});
}

TEST(HostileKeras, Configs) {
  expect_refused("no JSON", with_config("{"), {"no JSON"});
  expect_refused("no text", with_config("{\"a\": \"\xff\"}"), {"no JSON"});
  expect_refused("NaN", with_config(stack(dense(R"("units": NaN)"))), {"no JSON"});
  expect_refused("infinite", with_config(stack(dense(R"("units": 1e999)"))), {"no JSON"});
  expect_refused("beyond", with_config(stack(dense(R"("units": 18446744073709551615)"))),
                 {"units", "64 bits"});
  expect_refused("deep", with_config(std::string(100000, '[')), {"200 levels"});
  expect_refused("deep objects", with_config([] {
                   std::string text;
                   for (int i = 0; i < 100000; ++i) text += "{\"a\":";
                   return text;
                 }()),
                 {"200 levels"});
  expect_refused("twice", with_config(R"({"class_name": "Dense", "class_name": "Dense"})"),
                 {"class_name", "twice"});
  std::string many = "[0";
  for (int i = 0; i < 600000; ++i) many += ",0";
  expect_refused("many values", with_config(many + "]"), {"the limit"});
  expect_refused("no object", with_config("7"), {"7"});
  expect_refused("a layer", with_config(dense(R"("units": 2)")), {"not a model"});
  expect_refused("unknown class", with_config(stack(R"({"class_name": "Evil", "config": {}})")),
                 {"Evil"});
  expect_refused("Lambda", with_config(stack(R"({"class_name": "Lambda", "config": {"name": "l",
      "function": {"class_name": "__lambda__", "config": {"code": "4wEAAA=="}}}})")),
                 {"Lambda", "never run"});
  expect_refused("old Lambda", with_config(stack(R"({"class_name": "Lambda", "config": {"name": "l",
      "function": ["4wEAAA==", null, null], "function_type": "lambda"}})")),
                 {"Lambda", "never run"});
  expect_refused("no layers", with_config(R"({"class_name": "Sequential", "config":
      {"layers": {"a": 1}}})"),
                 {"layers"});
}

TEST(HostileKeras, Layers) {
  const auto units = [](const char* number) {
    return with_config(stack(dense(std::string("\"units\": ") + number)));
  };
  expect_refused("text", units("\"many\""), {"units", "integer"});
  expect_refused("negative", units("-3"), {"units", "-3"});
  expect_refused("half", units("2.5"), {"units"});
  expect_refused("shape bomb", units("1000000000000"), {"keras"});
  expect_refused("larger bomb", units("9000000000000000000"), {"keras"});
  expect_refused("none", with_config(stack(dense("\"use_bias\": true"))), {"units"});
  expect_refused("unknown argument", with_config(stack(dense(R"("units": 2, "evil": 7)"))),
                 {"evil"});
  expect_refused("open extent", with_config(stack("", "[null, null, 3]")),
                 {"batch_shape", "axis 1"});
  expect_refused("large extent",
                 with_config(stack(dense("\"units\": 2"), "[null, 4000000000000000000, 9]")),
                 {"keras"});
  expect_refused("no rows", with_config(stack("", "[]")), {"rows"});
  expect_refused("bad dtype", with_config(R"({"class_name": "Sequential", "config": {"layers": [
      {"class_name": "InputLayer", "config": {"batch_shape": [null, 3], "dtype": "complex64"}}]}})"),
                 {"complex64"});
  expect_refused("bad name", with_config(stack(R"({"class_name": "Dense", "config":
      {"name": "../a", "units": 2}})")),
                 {"../a"});
  expect_refused("twice", with_config(stack(dense("\"units\": 2") + "," + dense("\"units\": 2"))),
                 {"'d'"});
}

TEST(HostileKeras, Graphs) {
  expect_refused("ring", with_config(graph(call_on(R"(["d", 0, 0])"))), {"'d'"});
  expect_refused("unknown layer", with_config(graph(call_on(R"(["x", 0, 0])"))), {"'x'"});
  expect_refused("unknown call", with_config(graph(call_on(R"(["i", 7, 0])"))), {"calls"});
  expect_refused("negative call", with_config(graph(call_on(R"(["i", -1, 0])"))), {"calls"});
  expect_refused("unknown output", with_config(graph(call_on(R"(["i", 0, 3])"))), {"values"});
  expect_refused("no call", with_config(graph("")), {"'d'"});
  expect_refused("no tensor", with_config(graph(R"({"args": [7], "kwargs": {}})")), {"'d'", "7"});
  expect_refused("name twice", with_config(graph(call_on(R"(["i", 0, 0])"), "i")), {"'i'"});
  expect_refused("unknown end",
                 with_config(graph(call_on(R"(["i", 0, 0])"), "d", R"(["z", 0, 0])")), {"'z'"});
  expect_refused("unknown kwarg", with_config(graph(R"({"args": [], "kwargs": {"evil": 7}})")),
                 {"evil"});
}

TEST(HostileKeras, Weights) {
  const auto file = [](const Hdf5Object& root) {
    return write_zip(
        {{"config.json", stack(dense("\"units\": 2"))}, {"model.weights.h5", write_hdf5(root)}});
  };
  Hdf5Object root;
  expect_refused("missing", file(root), {"layers/dense/vars/0"});
  root.make("layers/dense/vars/0").data = Tensor::zeros({3, 2});
  root.make("layers/dense/vars/1").data = Tensor::zeros({2});
  expect_refused("shape", file(root), {"layers/dense/vars/0", "(3, 2)"});
  root.make("layers/dense/vars/0").data = Tensor::zeros({4, 2});
  root.make("layers/dense/vars/2").data = Tensor::zeros({4, 2});
  expect_refused("unknown", file(root), {"layers/dense/vars/2"});
  root.children["layers"].children["dense"].children["vars"].children.erase("2");
  EXPECT_NO_THROW(load_bytes(file(root)));
}

TEST(HostileHdf5, WhatWeightsDoNotNeedIsRefusedByName) {
  const std::pair<const char*, const char*> cases[] = {
      {"soft_link", "soft link"},   {"external_link", "external link"},
      {"cycle", "reached twice"},   {"external_storage", "another file"},
      {"virtual", "virtual"},       {"dense_attributes", "densely"},
      {"chunked", "chunks"},        {"compressed", "compress"},
      {"big_endian", "big-endian"}, {"compound", "compound"},
      {"shared_type", "shares"},
  };
  for (const auto& [name, piece] : cases) {
    const std::string bytes = FileSystem::real().read(kHostileFiles + name + ".h5");
    EXPECT_TRUE(throws_with([&] { parse_hdf5(bytes, "x.h5"); }, {"x.h5", piece})) << name;
  }
}

// Files with both kinds of groups.
std::vector<std::string> good_files() {
  const std::string old = FileSystem::real().read(kHostileFiles + "shared.h5");
  return {old, write_hdf5(parse_hdf5(old, "x"))};
}

TEST(HostileHdf5, CutAnywhere) {
  for (const auto& bytes : good_files()) {
    for (size_t size = 0; size < bytes.size(); size += 64) {
      try {
        parse_hdf5(std::string_view(bytes).substr(0, size), "x.h5");
      } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("[x.h5]"), 0u) << error.what();
      }
    }
    EXPECT_TRUE(throws_with([&] { parse_hdf5(bytes.substr(0, 1024), "x.h5"); }, {"x.h5"}));
  }
}

TEST(HostileHdf5, AlteredAnywhere) {
  for (const auto& good : good_files())
    for (size_t at = 0; at < good.size(); ++at)
      for (const char flip : {'\x01', '\x80', '\xff'}) {
        if (at % 3 != static_cast<size_t>(flip == '\x01' ? 0 : flip == '\x80' ? 1 : 2)) continue;
        std::string bytes = good;
        bytes[at] = static_cast<char>(bytes[at] ^ flip);
        try {
          parse_hdf5(bytes, "x.h5");
        } catch (const Error& error) {
          EXPECT_EQ(std::string(error.what()).find("[x.h5]"), 0u) << error.what();
        }
      }
}

TEST(HostileKeras, CutAnywhere) {
  const std::string bytes = FileSystem::real().read(kHostileFiles + "shared.keras");
  for (size_t size = 0; size < bytes.size(); size += 640)
    EXPECT_TRUE(throws_with([&] { load_bytes(bytes.substr(0, size)); }, {"hostile.keras"})) << size;
}

TEST(Hdf5, KeepsATree) {
  Hdf5Object root;
  root.attributes["model_config"] = {{std::string(200000, 'x')}, true};
  root.attributes["names"] = {{"a", "", "longer than the others"}, false};
  root.make("a/b/c").data = Tensor::zeros({2, 3});
  root.make("a/d").data = Tensor::from(std::vector<int64_t>{1, 2, 3}, {3});
  root.make("empty").data = Tensor::zeros({0, 4});
  root.make("scalar").data = Tensor::from(std::vector<double>{7}, {});
  for (const DType dtype : {DType::f16, DType::bf16, DType::i32, DType::u8})
    root.make(std::string(name_of(dtype))).data = Tensor::full({2}, 3, dtype);
  const std::string bytes = write_hdf5(root);
  const Hdf5Object read = parse_hdf5(bytes, "x");
  EXPECT_EQ(write_hdf5(read), bytes);
  EXPECT_EQ(*read.text("model_config"), root.attributes["model_config"].texts[0]);
  EXPECT_EQ(read.attributes.at("names").texts, root.attributes["names"].texts);
  EXPECT_EQ(read.find("a/d")->data.to_vector<int64_t>(), (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(read.find("empty")->data.shape(), (Shape{0, 4}));
  EXPECT_EQ(read.find("bfloat16")->data.dtype(), DType::bf16);
}

}  // namespace
}  // namespace tutti
