#include "io/formats/tfrecord.h"

#include "core/base/filesystem.h"
#include "core/base/random.h"
#include "io/event_log/record_frame.h"
#include "io/formats/example.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

const std::string kExamples = TUTTI_SOURCE_DIR "/tests/io/formats/examples.tfrecord";

std::vector<FeatureColumn> golden_features() {
  return {{"image", DType::u8, {2, 3}},
          {"point", DType::f32, {3}},
          {"label", DType::i64, {}},
          {"picture", DType::u8, {3, 4, 3}, true}};
}

// The bytes of the only picture in a record.
std::string png_in(std::string_view record) {
  const size_t begin = record.find("\x89PNG"), end = record.find("IEND");
  return std::string(record.substr(begin, end + 8 - begin));
}

TEST(tfrecord, checksums_are_those_of_rfc_3720) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
}

TEST(tfrecord, reads_what_tensorflow_writes) {
  const std::string bytes = FileSystem::current().read(kExamples);
  const auto records = parse_tfrecord(bytes, "x");
  ASSERT_EQ(records.size(), 5);
  for (int i = 0; i < 5; ++i) {
    uint8_t image[6], picture[36];
    float point[3];
    int64_t label;
    read_example(records[static_cast<size_t>(i)], "x", golden_features(),
                 {image, point, &label, picture});
    for (int k = 0; k < 6; ++k) EXPECT_EQ(image[k], i + k);
    EXPECT_THAT(point,
                ElementsAre(static_cast<float>(i) + 0.25f, -1.5f * static_cast<float>(i), 1e-3f));
    EXPECT_EQ(label, i - 2);
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 4; ++x)
        for (int c = 0; c < 3; ++c)
          EXPECT_EQ(picture[(y * 4 + x) * 3 + c], i * 50 + 7 * y + 3 * x + c);
  }
}

TEST(tfrecord, writes_the_bytes_that_tensorflow_writes) {
  const std::string bytes = FileSystem::current().read(kExamples);
  const DataFolder folder;
  std::vector<std::string> records;
  for (const auto& record : parse_tfrecord(bytes, "x")) {
    const int64_t i = static_cast<int64_t>(records.size());
    std::string image, picture = png_in(record);
    for (int64_t k = 0; k < 6; ++k) image += static_cast<char>(i + k);
    records.push_back(
        write_example({{"image", std::vector<std::string>{image}},
                       {"point", std::vector<float>{static_cast<float>(i) + 0.25f,
                                                    -1.5f * static_cast<float>(i), 1e-3f}},
                       {"label", std::vector<int64_t>{i - 2}},
                       {"picture", std::vector<std::string>{picture}},
                       {"unused", std::vector<int64_t>{1, 2, 3}}}));
  }
  write_tfrecord(folder / "x.tfrecord", records);
  EXPECT_EQ(FileSystem::current().read(folder / "x.tfrecord"), bytes);
}

TEST(tfrecord, an_example_comes_back) {
  const std::string bytes = write_example({{"text", std::vector<std::string>{"abcd"}},
                                           {"n", std::vector<int64_t>{7, -8}},
                                           {"x", std::vector<float>{0.5f}}});
  int32_t whole = 0;
  int64_t n[2];
  float x, numbers[2];
  read_example(bytes, "x", {{"text", DType::i32}, {"n", DType::i64, {2}}, {"x"}}, {&whole, n, &x});
  EXPECT_EQ(whole, 0x64636261);
  EXPECT_THAT(n, ElementsAre(7, -8));
  EXPECT_EQ(x, 0.5f);
  read_example(bytes, "x", {{"n", DType::f32, {2}}}, {numbers});
  EXPECT_THAT(numbers, ElementsAre(7, -8));
}

TEST(tfrecord, says_what_does_not_fit_a_feature) {
  const std::string bytes = write_example({{"text", std::vector<std::string>{"abcd"}},
                                           {"texts", std::vector<std::string>{"a", "b"}},
                                           {"n", std::vector<int64_t>{300}},
                                           {"x", std::vector<float>{0.5f, 1}}});
  const auto refused = [&](const FeatureColumn& column, std::vector<std::string> pieces) {
    std::vector<std::byte> room(1000);
    pieces.push_back("[x]");
    return throws_with([&] { read_example(bytes, "x", {column}, {room.data()}); }, pieces);
  };
  EXPECT_TRUE(refused({"tex"}, {"'tex' is not there", "did you mean 'text'"}));
  EXPECT_TRUE(refused({"n", DType::u8}, {"'n' holds 300", "no uint8"}));
  EXPECT_TRUE(refused({"n", DType::f64}, {"'n' is an int64_list", "declare int64"}));
  EXPECT_TRUE(refused({"n", DType::i64, {2}}, {"'n' has 1 values", "(2,) takes 2"}));
  EXPECT_TRUE(refused({"x", DType::i64, {2}}, {"'x' is a float_list", "declare float32"}));
  EXPECT_TRUE(refused({"x", DType::f32, {3}}, {"'x' has 2 values"}));
  EXPECT_TRUE(refused({"text", DType::u8, {5}}, {"'text' has 4 bytes", "take 5"}));
  EXPECT_TRUE(refused({"texts", DType::u8}, {"'texts' is a list of 2 texts"}));
  EXPECT_TRUE(refused({"text", DType::u8, {2, 2, 3}, true}, {"x"}));
  EXPECT_TRUE(throws_with([] { read_example("\x0a\xff", "x", {{"n"}}, {nullptr}); },
                          {"is no tf.train.Example"}));
}

TEST(tfrecord, features_are_read_from_a_job) {
  const auto features = feature_columns(
      Config::Map{{"image", Config::Map{{"dtype", "uint8"}, {"shape", Config::List{28, 28}}}},
                  {"label", "int64"}});
  ASSERT_EQ(features.size(), 2);
  EXPECT_EQ(features[0].shape, (Shape{28, 28}));
  EXPECT_EQ(features[0].dtype, DType::u8);
  EXPECT_EQ(features[1].name, "label");
  EXPECT_EQ(features[1].dtype, DType::i64);
  const auto refused = [](Config config, const std::string& piece) {
    return throws_with([&] { feature_columns(Config::Map{{"a", std::move(config)}}); }, {piece});
  };
  EXPECT_TRUE(refused("string", "'a' is string"));
  EXPECT_TRUE(refused(Config::Map{{"size", 3}}, "unknown key 'size'"));
  EXPECT_TRUE(refused(Config::Map{{"shape", Config::List{0, 2}}}, "'a' is float32 of (0, 2)"));
  EXPECT_TRUE(refused(Config::Map{{"encoded", true}}, "height, width, channels"));
  EXPECT_TRUE(throws_with([] { feature_columns(Config::Map{}); }, {"no feature is named"}));
}

TEST(tfrecord, every_cut_but_those_between_records_is_found) {
  const std::string bytes = FileSystem::current().read(kExamples);
  std::vector<size_t> ends{0};
  for (const auto& record : parse_tfrecord(bytes, "x"))
    ends.push_back(ends.back() + kFrameHead + record.size() + kFrameTail);
  for (size_t length = 0; length < bytes.size(); ++length) {
    const auto cut = [&] { parse_tfrecord(std::string_view(bytes).substr(0, length), "x"); };
    if (std::ranges::find(ends, length) != ends.end())
      EXPECT_NO_THROW(cut());
    else
      EXPECT_TRUE(throws_with(cut, {"[x record ", "byte ", "cut"})) << length;
  }
}

TEST(tfrecord, every_changed_byte_is_found) {
  std::string bytes = FileSystem::current().read(kExamples);
  for (size_t at = 0; at < bytes.size(); ++at)
    for (const int bit : {0, 3, 7}) {
      bytes[at] ^= static_cast<char>(1 << bit);
      EXPECT_TRUE(throws_with([&] { parse_tfrecord(bytes, "x"); }, {"[x record "})) << at;
      bytes[at] ^= static_cast<char>(1 << bit);
    }
}

TEST(tfrecord, examples_of_changed_bytes_are_refused_or_read) {
  const std::string file = FileSystem::current().read(kExamples);
  std::string bytes(parse_tfrecord(file, "x")[1]);
  std::vector<std::byte> room(1000);
  for (size_t at = 0; at < bytes.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      bytes[at] ^= static_cast<char>(1 << bit);
      try {
        read_example(bytes, "x", golden_features(),
                     {room.data(), room.data() + 64, room.data() + 128, room.data() + 256});
      } catch (const Error&) {
      }
      bytes[at] ^= static_cast<char>(1 << bit);
    }
}

}  // namespace
}  // namespace tutti
