// HDF5 files that nobody should trust, and what is kept of good ones.
#include <cstring>

#include "core/base/filesystem.h"
#include "tests/io/keras/hostile_keras.h"

namespace tutti {
namespace {

const std::string kHostileFiles = TUTTI_SOURCE_DIR "/tests/io/keras/files/";

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
    keep_hostile(name, ".h5", bytes);
    expect_refused(
        std::string("weights ") + name,
        write_zip({{"config.json", stack(dense("\"units\": 2"))}, {"model.weights.h5", bytes}}),
        {"model.weights.h5", piece});
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

// Each word a size, count or address that is none: the largest, negative, far away, its own place.
TEST(HostileHdf5, WordsThatLie) {
  for (const auto& good : good_files())
    for (size_t at = 0; at + 8 <= good.size(); at += 8) {
      for (const uint64_t lie :
           {~uint64_t{0}, uint64_t{1} << 63, uint64_t{1} << 40, uint64_t{at}}) {
        std::string bytes = good;
        std::memcpy(bytes.data() + at, &lie, sizeof lie);
        try {
          parse_hdf5(bytes, "x.h5");
        } catch (const Error& error) {
          EXPECT_EQ(std::string(error.what()).find("[x.h5]"), 0u) << error.what();
        }
      }
    }
}

// Whole models in `.h5`, whose configs stand in attributes and whose weights in lists of names.
TEST(HostileHdf5, Models) {
  const auto refused = [](const std::string& what, const Hdf5Object& root,
                          std::vector<std::string> pieces) {
    SCOPED_TRACE(what);
    const std::string bytes = write_hdf5(root);
    keep_hostile(what, ".h5", bytes);
    pieces.push_back("hostile.h5");
    EXPECT_TRUE(throws_with([&] { load_bytes(bytes, "hostile.h5"); }, pieces));
  };
  const auto model = [](const std::string& config) {
    Hdf5Object root;
    root.attributes["model_config"] = {{config}, true};
    root.make("model_weights");
    return root;
  };
  refused("nothing", {}, {"model_config"});
  refused("deep config", model(std::string(60000, '[')), {"200 levels"});
  refused("code", model(stack(R"({"class_name": "Lambda", "config": {"name": "l",
      "function": ["4wEAAA==", null, null], "function_type": "lambda"}})")),
          {"Lambda", "never run"});
  Hdf5Object listed = model(stack(dense("\"units\": 2")));
  Hdf5Object& weights = listed.make("model_weights");
  weights.attributes["layer_names"] = {{"../../d"}, false};
  refused("name that leaves", listed, {"../../d"});
  weights.attributes["layer_names"] = {{"d", "d"}, false};
  weights.make("d").attributes["weight_names"] = {{"k", "k"}, false};
  refused("missing weights", listed, {"'k'"});
  weights.make("d/k").data = Tensor::zeros({4, 2});
  refused("twice", listed, {"2 layers"});
  std::string path = "a";
  for (int i = 0; i < 70; ++i) path += "/a";
  Hdf5Object deep;
  deep.make(path);
  refused("deep groups", deep, {"groups deep"});
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
