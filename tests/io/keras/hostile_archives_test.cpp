// Zip archives that nobody should trust.
#include <zlib.h>

#include <optional>

#include "core/base/filesystem.h"
#include "tests/io/keras/hostile_keras.h"

namespace tutti {
namespace {

std::string le(uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

// An entry as a zip archive has it, with whatever it says of itself.
struct RawEntry {
  std::string name, data = {};
  uint32_t attributes = 0;
  uint16_t flags = 0, method = 0;
  uint32_t says_size = 0, crc_error = 0;
  std::optional<uint32_t> says_stored = {}, says_at = {};  // bytes; where its data begin
  std::string extra = {}, name_at_data = {};
};

std::string raw_zip(const std::vector<RawEntry>& entries) {
  std::string bytes, directory;
  for (const auto& e : entries) {
    const uint64_t crc =
        crc32(0, reinterpret_cast<const Bytef*>(e.data.data()), static_cast<uInt>(e.data.size())) +
        e.crc_error;
    const uint64_t size = e.says_size ? e.says_size : e.data.size();
    const std::string common = le(e.flags, 2) + le(e.method, 2) + le(0x00210000, 4) + le(crc, 4) +
                               le(e.says_stored.value_or(e.data.size()), 4) + le(size, 4);
    const std::string own = e.name_at_data.empty() ? e.name : e.name_at_data;
    directory += "PK\1\2" + le(0x0314, 2) + le(20, 2) + common + le(e.name.size(), 2) +
                 le(e.extra.size(), 2) + le(0, 6) + le(e.attributes, 4) +
                 le(e.says_at.value_or(bytes.size()), 4) + e.name + e.extra;
    bytes += "PK\3\4" + le(20, 2) + common + le(own.size(), 2) + le(e.extra.size(), 2) + own +
             e.extra + e.data;
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

TEST(HostileKeras, ArchivesThatLie) {
  const RawEntry config{"config.json", stack("")}, weights{"model.weights.h5", no_weights()};
  const auto large = [](uint64_t size) { return le(1, 2) + le(16, 2) + le(size, 8) + le(1, 8); };
  constexpr uint32_t in_extra = ~uint32_t{0};
  expect_refused("overlapping",
                 raw_zip({config, weights, {.name = "b", .data = "x", .says_at = 0}}), {});
  expect_refused(
      "other name at its data",
      raw_zip({config, {.name = "model.weights.h5", .name_at_data = "model.weights.h6"}}), {});
  expect_refused("beyond the end", raw_zip({config, {.name = "a", .says_at = 1u << 30}, weights}),
                 {});
  expect_refused("stored size",
                 raw_zip({config, {.name = "a", .data = "x", .says_stored = 1u << 30}, weights}),
                 {});
  for (const uint64_t size : {uint64_t{10} << 30, uint64_t{1} << 62, ~uint64_t{0}})
    expect_refused("size of 64 bits " + std::to_string(size),
                   raw_zip({config,
                            weights,
                            {.name = "a",
                             .data = deflated_zeros(1 << 20),
                             .method = 8,
                             .says_size = in_extra,
                             .says_stored = in_extra,
                             .extra = large(size)}}),
                   {});
  expect_refused("unknown method", raw_zip({config, weights, {.name = "a", .method = 99}}),
                 {});
  expect_refused("folder in place of a file", raw_zip({{"config.json/", ""}, weights}),
                 {"config.json"});
  expect_refused("name that moves the cursor",
                 raw_zip({config, weights, {.name = "a\x1b[2J\x07", .data = "x", .crc_error = 1}}),
                 {"a"});
  std::string counted = raw_zip({config, weights});
  counted[counted.size() - 12] = 9;
  expect_refused("count", counted, {});
}

// What an archive took until then is given back.
TEST(Zip, WritesNoNameTwice) {
  EXPECT_TRUE(throws_with([] { write_zip({{"a", "1"}, {"a", "2"}}); }, {"[zip]", "'a'"}));
}

TEST(HostileKeras, CutAnywhere) {
  const std::string bytes =
      FileSystem::real().read(TUTTI_SOURCE_DIR "/tests/io/keras/files/shared.keras");
  for (size_t size = 0; size < bytes.size(); size += 640)
    EXPECT_TRUE(throws_with([&] { load_bytes(bytes.substr(0, size)); }, {"hostile.keras"})) << size;
}

}  // namespace
}  // namespace tutti
