// Every argument type: its name, from a Config, and back.
#include "core/base/config_convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

template <typename T>
std::string type_of() {
  return type_name(static_cast<const T*>(nullptr));
}

template <typename T>
T read_as(const Config& config) {
  T value{};
  read_config(config, value);
  return value;
}

template <typename T>
void expect_round_trip(const T& value, const Config& config) {
  EXPECT_EQ(write_config(value), config) << to_string(config);
  EXPECT_EQ(read_as<T>(config), value) << to_string(config);
}

TEST(ConfigConvert, ValuesGoBothWays) {
  expect_round_trip(true, true);
  expect_round_trip(-3, -3);
  expect_round_trip(int64_t{1} << 40, int64_t{1} << 40);
  expect_round_trip(0.25, 0.25);
  expect_round_trip(std::string("same"), "same");
  expect_round_trip(DType::bf16, "bfloat16");
  expect_round_trip(Shape({2, 3}), Config::List{2, 3});
  expect_round_trip(Shape({kRows, 3}), Config::List{Config(), 3});
  expect_round_trip(std::optional<int>(), Config());
  expect_round_trip(std::optional<int>(4), 4);
  expect_round_trip(std::vector<int>{1, 2}, Config::List{1, 2});
  expect_round_trip(std::vector<int>{}, Config::List{});
  expect_round_trip(std::map<std::string, double>{{"0", 2.0}, {"1", 5.0}},
                    Config::Map{{"0", 2.0}, {"1", 5.0}});
  expect_round_trip(Config("anything"), "anything");
}

TEST(ConfigConvert, TypesNestAndSayTheirNames) {
  EXPECT_EQ(type_of<bool>(), "bool");
  EXPECT_EQ(type_of<int>(), "int");
  EXPECT_EQ(type_of<double>(), "float");
  EXPECT_EQ(type_of<DType>(), "dtype");
  EXPECT_EQ((type_of<std::optional<std::vector<Shape>>>()), "list of shape or null");
  EXPECT_EQ((type_of<std::map<std::string, std::vector<int>>>()), "map to list of int");
  EXPECT_EQ((type_of<std::function<void(int)>>()), "function (C++ only)");
}

TEST(ConfigConvert, OneValueIsAListOfOne) {
  EXPECT_THAT(read_as<std::vector<int>>(7), ElementsAre(7));
  EXPECT_EQ(read_as<Shape>(7), Shape({7}));
}

TEST(ConfigConvert, AListIsReadAnewNotAppended) {
  std::vector<int> values = {1, 2, 3};
  read_config(Config::List{9}, values);
  EXPECT_THAT(values, ElementsAre(9));
}

TEST(ConfigConvert, RefusalsNameThePlaceOfTheInnermostValue) {
  Config inner("x");
  inner.at("job.yaml:3:9");
  Config list(Config::List{1, inner});
  list.at("job.yaml:3:2");
  EXPECT_THAT([&] { read_as<std::vector<int>>(list); },
              ThrowsMessage<Error>(StartsWith("[job.yaml:3:9] expected an integer")));
}

TEST(ConfigConvert, RefusesWhatDoesNotFit) {
  Config large(int64_t{1} << 31);
  large.at("job.yaml:1:1");
  EXPECT_THAT([&] { read_as<int>(large); },
              ThrowsMessage<Error>(StartsWith("[job.yaml:1:1] 2147483648 is too large")));
  EXPECT_EQ(read_as<int>(int64_t{-2147483648}), -2147483647 - 1);
  Config dtype("flot32");
  dtype.at("job.yaml:2:2");
  EXPECT_THAT([&] { read_as<DType>(dtype); },
              ThrowsMessage<Error>(testing::AllOf(StartsWith("[job.yaml:2:2]"),
                                                  HasSubstr("did you mean 'float32'?"))));
  Config shape(Config::List{3, -4});
  shape.at("job.yaml:4:4");
  EXPECT_THAT([&] { read_as<Shape>(shape); }, ThrowsMessage<Error>(StartsWith("[job.yaml:4:4]")));
}

TEST(ConfigConvert, FunctionsComeFromProgramsAlone) {
  using Function = std::function<int(int)>;
  EXPECT_THAT([] { read_as<Function>("f"); }, ThrowsMessage<Error>(HasSubstr("C++ program")));
  EXPECT_FALSE(read_as<Function>(Config()));
  EXPECT_EQ(write_config(Function([](int x) { return x; })), Config("<function>"));
  EXPECT_TRUE(write_config(Function()).is_null());
}

}  // namespace
}  // namespace tutti
