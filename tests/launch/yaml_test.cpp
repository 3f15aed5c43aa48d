#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/base/error.h"
#include "launch/yaml_reader.h"
#include "launch/yaml_writer.h"

namespace tutti {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string error_of(std::string_view text, const YamlLimits& limits = {}) {
  try {
    const Config config = read_yaml(text, "job.yaml", limits);
    return "accepted " + to_string(config);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::job);
    return error.what();
  }
}

TEST(Yaml, TakesPlainScalarsAsTheCoreSchemaSays) {
  const Config config = read_yaml(
      "a: 12\nb: -0x1F\nc: 1e-3\nd: .5\ne: true\nf: ~\ng: yes\nh: '12'\ni: 0o17\nj: -.inf\nk:\nl: "
      "!!str 5\nm: 1.2.3\n"
      "n: 9223372036854775807\no: -9223372036854775808\np: +7\nq: '-'\n",
      "job.yaml");
  EXPECT_EQ(config.find("a")->as_int(), 12);
  EXPECT_EQ(config.find("b")->as_int(), -31);
  EXPECT_EQ(config.find("c")->as_double(), 1e-3);
  EXPECT_EQ(config.find("d")->as_double(), 0.5);
  EXPECT_TRUE(config.find("e")->as_bool());
  EXPECT_TRUE(config.find("f")->is_null());
  EXPECT_EQ(config.find("g")->as_string(), "yes");
  EXPECT_EQ(config.find("h")->as_string(), "12");
  EXPECT_EQ(config.find("i")->as_int(), 15);
  EXPECT_EQ(config.find("j")->as_double(), -HUGE_VAL);
  EXPECT_TRUE(config.find("k")->is_null());
  EXPECT_EQ(config.find("l")->as_string(), "5");
  EXPECT_EQ(config.find("m")->as_string(), "1.2.3");
  EXPECT_EQ(config.find("n")->as_int(), INT64_MAX);
  EXPECT_EQ(config.find("o")->as_int(), INT64_MIN);
  EXPECT_EQ(config.find("p")->as_int(), 7);
  EXPECT_EQ(config.find("q")->as_string(), "-");
}

TEST(Yaml, KnowsThePlaceOfEveryValue) {
  const Config config = read_yaml("name: digits\nmodel:\n  - Dense: {units: 8}\n", "job.yaml");
  EXPECT_EQ(config.find("name")->where(), "job.yaml:1:7");
  EXPECT_EQ(config.find("model")->as_list()[0].find("Dense")->find("units")->where(),
            "job.yaml:3:20");
}

TEST(Yaml, RefusesWhatIsNoJobWithItsPlace) {
  EXPECT_THAT(error_of("a: 1\na: 2\n"), StartsWith("[job.yaml:2:1] the key 'a' stands twice"));
  EXPECT_THAT(error_of("a: [1, 2\n"), StartsWith("[job.yaml:"));
  EXPECT_THAT(error_of("a: {b: 1\n"), HasSubstr("this is not YAML"));
  EXPECT_THAT(error_of("a: 99999999999999999999\n"), HasSubstr("more than 64 bits"));
  EXPECT_THAT(error_of("a: !python/object 1\n"), HasSubstr("tag"));
  EXPECT_THAT(error_of("a: *nobody\n"), StartsWith("[job.yaml:"));
  EXPECT_THAT(error_of("? [1, 2]\n: 3\n"), HasSubstr("a key must be a name"));
  EXPECT_THAT(error_of("a: 1\n---\nb: 2\n"), HasSubstr("a second document"));
  EXPECT_THAT(error_of("base: &b {x: 1}\nc:\n  <<: *b\n"), HasSubstr("merges are not supported"));
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_THAT(error_of(std::string("a: 1\nb\0: 2\n", 12)),
              StartsWith("[job.yaml:2] has a NUL byte; is this a text file?"));
  EXPECT_THAT(error_of("a: \"x\\0y\"\n"), StartsWith("[job.yaml:1:4] there is a NUL character"));
  EXPECT_THAT(error_of(std::string(2000, ' '), {.bytes = 1000}), HasSubstr("2000 bytes"));
}

TEST(Yaml, RefusesDepthBeforeTheParserFollowsIt) {
  for (const char* piece : {"[", "{a: ", "- ", "a: [", "? "}) {
    std::string deep;
    for (int i = 0; i < 10000; ++i) deep += piece;
    EXPECT_THAT(error_of(deep), HasSubstr("deeper than 64")) << piece;
  }
  std::string indented;
  for (int i = 0; i < 1000; ++i) indented += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(error_of(indented), HasSubstr("deeper than 64"));
}

TEST(Yaml, BoundsWhatAliasesGrowTo) {
  std::string laughs = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n";
  for (int i = 1; i < 10; ++i) {
    laughs += fmt::format("a{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j) laughs += fmt::format("{}*a{}", j ? ", " : "", i - 1);
    laughs += "]\n";
  }
  EXPECT_THAT(error_of(laughs), HasSubstr("grows beyond"));
  // Each alias deepens what it names: the depth counts through them.
  std::string ladder = "a0: &a0 [[[[[[[[[[1]]]]]]]]]]\n";
  for (int i = 1; i < 10; ++i)
    ladder += fmt::format("a{0}: &a{0} [[[[[[[[[[*a{1}]]]]]]]]]]\n", i, i - 1);
  EXPECT_THAT(error_of(ladder), HasSubstr("deeper than 64"));
  EXPECT_EQ(to_string(read_yaml("x: &x {b: 1}\ny: *x\n", "j")), "{x: {b: 1}, \"y\": {b: 1}}");
}

// Random values survive being written and read.
Config random_config(std::mt19937& random, int depth) {
  const char* words[] = {"relu",        "a b",   "",        "true",        "12",   "1e3",  "null",
                         "line\nbreak", "tab\t", "quote\"", "back\\slash", "a: b", "- x",  "#no",
                         "*x",          "&y",    "ünïcode", "-",           "~",    "0x10", "'",
                         "{",           "[",     "%",       "@",           "!"};
  switch (random() % (depth > 3 ? 5 : 7)) {
    case 0:
      return Config();
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<int64_t>((static_cast<uint64_t>(random()) << 32) | random());
    case 3:
      return std::ldexp(static_cast<double>(random()) - 2e9,
                        static_cast<int>(random() % 200) - 100);
    case 4:
      return words[random() % std::size(words)];
    case 5: {
      Config::List list;
      for (unsigned i = 0; i < random() % 5; ++i) list.push_back(random_config(random, depth + 1));
      return Config(std::move(list));
    }
    default: {
      Config map{Config::Map()};
      for (unsigned i = 0; i < random() % 5; ++i)
        map.set(words[random() % std::size(words)] + std::to_string(i),
                random_config(random, depth + 1));
      return map;
    }
  }
}

TEST(Yaml, ReadsBackWhatItWrites) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const Config config(
        Config::Map{{"value", random_config(random, 0)}, {"more", random_config(random, 0)}});
    const std::string text = write_yaml(config);
    const Config back = read_yaml(text, "written");
    ASSERT_EQ(back, config) << text;
    ASSERT_EQ(write_yaml(back), text);
  }
}

TEST(Yaml, SurvivesDamagedText) {
  const std::string job =
      "name: digits\nmodel:\n  - Dense: {units: 600, activation: relu}\nloss: {mse: {a: [1, 2]}}\n";
  std::mt19937 random(3);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = job;
    for (int change = 0; change < 3; ++change)
      text[random() % text.size()] = static_cast<char>(random() % 256);
    try {
      read_yaml(text, "job.yaml");
    } catch (const Error& error) {
      ++refused;
      ASSERT_THAT(error.what(), StartsWith("[job.yaml"));
    }
  }
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace tutti
