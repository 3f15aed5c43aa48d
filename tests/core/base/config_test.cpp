// Arguments as data: typed reads, places in messages, one line of YAML.
#include "core/base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"

namespace tutti {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

TEST(Config, HoldsWhatItWasMadeOf) {
  EXPECT_TRUE(Config().is_null());
  EXPECT_TRUE(Config(true).as_bool());
  EXPECT_EQ(Config(7).as_int(), 7);
  EXPECT_EQ(Config(int64_t{1} << 40).as_int(), int64_t{1} << 40);
  EXPECT_EQ(Config(0.1).as_double(), 0.1);
  EXPECT_EQ(Config("relu").as_string(), "relu");
  EXPECT_EQ(Config(Config::List{1, "a"}).as_list().size(), 2u);
  EXPECT_EQ(Config(Config::Map{{"units", 8}}).as_map()[0].second.as_int(), 8);
}

TEST(Config, AnIntegerIsANumberAndAWholeNumberAnInteger) {
  EXPECT_EQ(Config(3).as_double(), 3.0);
  EXPECT_EQ(Config(3.0).as_int(), 3);
  EXPECT_EQ(Config(-1e15).as_int(), -1000000000000000);
  const auto refused = ThrowsMessage<Error>(HasSubstr("expected an integer"));
  EXPECT_THAT([] { (void)Config(3.5).as_int(); }, refused);
  EXPECT_THAT([] { (void)Config(1e300).as_int(); }, refused);
  EXPECT_THAT([] { (void)Config(std::nan("")).as_int(); }, refused);
  EXPECT_THAT([] { (void)Config(INFINITY).as_int(); }, refused);
}

TEST(Config, WrongTypesAreRefusedWithTheirPlace) {
  Config written("eight");
  written.at("job.yaml:12:5");
  EXPECT_THAT([&] { (void)written.as_int(); },
              ThrowsMessage<Error>("[job.yaml:12:5] expected an integer, got eight"));
  EXPECT_THAT([&] { (void)written.as_bool(); }, ThrowsMessage<Error>(HasSubstr("true or false")));
  EXPECT_THAT([&] { (void)written.as_double(); }, ThrowsMessage<Error>(HasSubstr("a number")));
  EXPECT_THAT([&] { (void)written.as_list(); }, ThrowsMessage<Error>(HasSubstr("a list")));
  EXPECT_THAT([&] { (void)written.as_map(); }, ThrowsMessage<Error>(HasSubstr("a map")));
  EXPECT_THAT([] { (void)Config(1).as_string(); },
              ThrowsMessage<Error>(AllOf(StartsWith("[config]"), HasSubstr("expected text"))));
  // true is no number, 1 is no truth.
  EXPECT_THROW((void)Config(true).as_int(), Error);
  EXPECT_THROW((void)Config(1).as_bool(), Error);
}

TEST(Config, AMessageQuotesOnlyTheBeginning) {
  try {
    (void)Config(std::string(5000, 'x')).as_int();
  } catch (const Error& error) {
    EXPECT_LT(std::string(error.what()).size(), 120u);
    return;
  }
  FAIL() << "nothing was thrown";
}

TEST(Config, MapsKeepTheirOrderAndReplaceInPlace) {
  Config map;
  map.set("b", 1);
  map.set("a", 2);
  map.set("b", 3);
  EXPECT_EQ(to_string(map), "{b: 3, a: 2}");
  ASSERT_NE(map.find("a"), nullptr);
  EXPECT_EQ(map.find("a")->as_int(), 2);
  EXPECT_EQ(map.find("c"), nullptr);
  EXPECT_EQ(Config("text").find("a"), nullptr);
  EXPECT_THROW(Config("text").set("a", 1), Error);
}

TEST(Config, PlacesDoNotCountWhenComparing) {
  Config placed(3);
  placed.at("job.yaml:1:1");
  EXPECT_EQ(placed, Config(3));
  EXPECT_FALSE(placed == Config(4));
  EXPECT_EQ(placed.where(), "job.yaml:1:1");
  EXPECT_EQ(Config(3).where(), "");
  EXPECT_EQ(Config(3).where_or("dense"), "dense");
}

TEST(Config, PrintsAsYamlThatReadsBackTheSame) {
  EXPECT_EQ(to_string(Config()), "null");
  EXPECT_EQ(to_string(Config(true)), "true");
  EXPECT_EQ(to_string(Config(-3)), "-3");
  EXPECT_EQ(to_string(Config(0.1)), "0.1");
  EXPECT_EQ(to_string(Config(2.0)), "2.0");
  EXPECT_EQ(to_string(Config(INFINITY)), ".inf");
  EXPECT_EQ(to_string(Config(-INFINITY)), "-.inf");
  EXPECT_EQ(to_string(Config(std::nan(""))), ".nan");
  EXPECT_EQ(to_string(Config("relu")), "relu");
  EXPECT_EQ(to_string(Config(Config::Map{{"k", Config::List{1, "a b"}}})), "{k: [1, \"a b\"]}");
  // Text that YAML would take for something else, or that would end the flow, is quoted.
  EXPECT_EQ(to_string(Config("true")), "\"true\"");
  EXPECT_EQ(to_string(Config("12")), "\"12\"");
  EXPECT_EQ(to_string(Config("")), "\"\"");
  EXPECT_EQ(to_string(Config("a: b")), "\"a: b\"");
  EXPECT_EQ(to_string(Config("tab\t\"quote\"\\")), "\"tab\\t\\\"quote\\\"\\\\\"");
  EXPECT_EQ(to_string(Config(std::string(1, '\x01'))), "\"\\x01\"");
}

}  // namespace
}  // namespace tutti
