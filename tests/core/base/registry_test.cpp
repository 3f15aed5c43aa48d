// Kinds: how they are found, made from a config, written back, and what is refused.
#include "core/base/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"

namespace tutti {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNull;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

class Instrument : public Configurable {
 public:
  static constexpr const char* category = "instrument";
};

struct StringBandOptions {
  int strings = 4;
  std::string tuning = "fifths";
  std::optional<double> length;
};

class StringBand : public Instrument {
 public:
  using Options = StringBandOptions;
  explicit StringBand(Options options) : options_(std::move(options)) {
    if (options_.strings < 1) fail("StringBand", "strings is {}; use 1 or more", options_.strings);
  }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

TUTTI_REGISTER(Instrument, StringBand, "StringBand", "sounds when bowed")
    .argument("strings", &StringBandOptions::strings, "how many")
    .choice("tuning", &StringBandOptions::tuning, {"fifths", "fourths"}, "between neighbours")
    .argument("length", &StringBandOptions::length, "in metres")
    .alias("fiddle");

// Wraps another: an argument that is an object of a kind.
struct MutedOptions {
  Ref<Instrument> inner;
};

class Muted : public Instrument {
 public:
  using Options = MutedOptions;
  explicit Muted(Options options) : options_(std::move(options)) {}
  const Options& options() const { return options_; }

 private:
  Options options_;
};

TUTTI_REGISTER(Instrument, Muted, "Muted", "another one, softer")
    .required("inner", &MutedOptions::inner, "what is muted");

class Triangle : public Instrument {
 public:
  using Options = NoOptions;
  Triangle() = default;
  explicit Triangle(Options) {}
  const Options& options() const { return options_; }

 private:
  Options options_;
};

TUTTI_REGISTER(Instrument, Triangle, "Triangle", "rings");

class Nameless : public Instrument {};

// A category that also takes instruments.
class Voice : public Configurable {
 public:
  static constexpr const char* category = "voice";
};

class PlayedVoice : public Voice {
 public:
  explicit PlayedVoice(std::shared_ptr<Configurable> played) : played_(std::move(played)) {}
  const Configurable& configured() const override { return *played_; }

 private:
  std::shared_ptr<Configurable> played_;
};

const bool adopted = adopt_kinds("voice", "instrument", [](const Config& config) {
  return std::make_shared<PlayedVoice>(make<Instrument>(config));
});

std::shared_ptr<Instrument> play(const Config& config) { return make<Instrument>(config); }

const StringBandOptions& options_of(const std::shared_ptr<Instrument>& object) {
  return dynamic_cast<const StringBand&>(*object).options();
}

TEST(SnakeCase, FollowsWordsAndAcronyms) {
  EXPECT_EQ(snake_case("MeanSquaredError"), "mean_squared_error");
  EXPECT_EQ(snake_case("ReLU"), "re_lu");
  EXPECT_EQ(snake_case("CSVLogger"), "csv_logger");
  EXPECT_EQ(snake_case("L1L2"), "l1l2");
  EXPECT_EQ(snake_case("Conv2DTranspose"), "conv2d_transpose");
  EXPECT_EQ(snake_case("MaxPooling2D"), "max_pooling2d");
  EXPECT_EQ(snake_case("PReLU"), "p_re_lu");
  EXPECT_EQ(snake_case("GRUCell"), "gru_cell");
  EXPECT_EQ(snake_case("SGD"), "sgd");
  EXPECT_EQ(snake_case("already_snake"), "already_snake");
  EXPECT_EQ(snake_case(""), "");
}

TEST(Registry, FindsAKindUnderItsSpellings) {
  const KindInfo* kind = find_kind("instrument", "StringBand");
  ASSERT_NE(kind, nullptr);
  for (const char* name : {"string_band", "stringband", "fiddle"}) {
    EXPECT_EQ(find_kind("instrument", name), kind) << name;
  }
  EXPECT_THAT(find_kind("instrument", "Fiddle"), IsNull());
  EXPECT_THAT(find_kind("layer", "StringBand"), IsNull());
}

TEST(Registry, ListsKindsByNameAndKnowsItsCategories) {
  std::vector<std::string> names;
  for (const KindInfo* kind : kinds_of("instrument")) names.push_back(kind->name);
  EXPECT_THAT(names, ElementsAre("Muted", "StringBand", "Triangle"));
  EXPECT_THAT(categories(), testing::Contains("instrument"));
  EXPECT_TRUE(kinds_of("no such category").empty());
}

TEST(Registry, RefusesASecondKindOfTheSameName) {
  KindInfo again;
  again.category = "instrument";
  again.name = "Triangle";
  EXPECT_THAT([&] { add_kind(again); }, ThrowsMessage<Error>(HasSubstr("registered twice")));
}

TEST(Registry, MakesFromANameAMapOrKerasForm) {
  EXPECT_EQ(options_of(play("StringBand")).strings, 4);
  EXPECT_EQ(options_of(play(Config::Map{{"fiddle", Config()}})).strings, 4);
  const Config arguments(Config::Map{{"strings", 5}, {"tuning", "fourths"}, {"length", 1}});
  for (const Config& config :
       {Config(Config::Map{{"StringBand", arguments}}),
        Config(Config::Map{{"class_name", "StringBand"}, {"config", arguments}})}) {
    const StringBandOptions options = options_of(play(config));
    EXPECT_EQ(options.strings, 5);
    EXPECT_EQ(options.tuning, "fourths");
    EXPECT_EQ(options.length, 1.0);
  }
}

TEST(Registry, ConfigsComeBackWithEveryArgument) {
  const auto muted = play(Config::Map{
      {"muted", Config::Map{{"inner", Config::Map{{"fiddle", Config::Map{{"strings", 3}}}}}}}});
  const Config config = kind_config(*muted);
  EXPECT_EQ(to_string(config),
            "{Muted: {inner: {StringBand: {strings: 3, tuning: fifths, length: null}}}}");
  EXPECT_EQ(kind_config(*play(config)), config);
  EXPECT_EQ(kind_config(*play("triangle")), Config("Triangle"));
}

TEST(Registry, DefaultsAreThoseOfTheMembers) {
  const KindInfo& band = *find_kind("instrument", "StringBand");
  EXPECT_EQ(band.default_of(band.arguments[0]), Config(4));
  EXPECT_EQ(band.arguments[1].type, "fifths|fourths");
  EXPECT_EQ(band.arguments[2].type, "float or null");
  const KindInfo& muted = *find_kind("instrument", "Muted");
  EXPECT_TRUE(muted.arguments[0].required);
  EXPECT_TRUE(muted.default_of(muted.arguments[0]).is_null());
}

TEST(Registry, ACategoryTakesTheKindsItAdopted) {
  ASSERT_TRUE(adopted);
  EXPECT_FALSE(adopt_kinds("voice", "instrument", nullptr));
  EXPECT_EQ(kind_config(*make<Voice>("Triangle")), Config("Triangle"));
  EXPECT_THAT([] { make<Voice>("Trumpet"); },
              ThrowsMessage<Error>(StartsWith("[voice] unknown voice 'Trumpet'")));
}

TEST(Registry, UnknownNamesGetTheNearestOne) {
  Config name("StringBend");
  name.at("job.yaml:6:5");
  EXPECT_THAT([&] { play(name); },
              ThrowsMessage<Error>("[job.yaml:6:5] unknown instrument 'StringBend', did you mean "
                                   "'StringBand'?"));
  Config::Map misspelt{{"StringBand", Config::Map{{"string", 3}}}};
  EXPECT_THAT([&] { play(misspelt); },
              ThrowsMessage<Error>(AllOf(HasSubstr("has no argument 'string'"),
                                         HasSubstr("did you mean 'strings'?"))));
}

TEST(Registry, RefusesWrongForms) {
  EXPECT_THAT([] { play(3); },
              ThrowsMessage<Error>(HasSubstr("expected an instrument as a name or as")));
  EXPECT_THAT(
      [] {
        play(Config::Map{{"Muted", 1}, {"Triangle", 2}});
      },
      ThrowsMessage<Error>(HasSubstr("got 2 keys")));
  EXPECT_THAT(
      [] {
        play(Config::Map{{"StringBand", "four"}});
      },
      ThrowsMessage<Error>(HasSubstr("expected the arguments of StringBand")));
  EXPECT_THAT([] { play("Muted"); }, ThrowsMessage<Error>(HasSubstr("Muted needs 'inner'")));
  EXPECT_THAT(
      [] {
        play(Config::Map{{"StringBand", Config::Map{{"tuning", "fifth"}}}});
      },
      ThrowsMessage<Error>(AllOf(HasSubstr("'fifth' is not one of fifths|fourths"),
                                 HasSubstr("did you mean 'fifths'?"))));
  EXPECT_THAT([] { kind_config(Nameless()); }, ThrowsMessage<Error>(HasSubstr("unregistered")));
}

TEST(Registry, SaysWhatThereIsWhereNoNameIsNear) {
  EXPECT_THAT([] { play("Xylophone"); },
              ThrowsMessage<Error>(HasSubstr("; `tutti list instrument` names them all")));
  EXPECT_THAT(
      [] {
        play(Config::Map{{"StringBand", Config::Map{{"zzzzzzzz", 1}}}});
      },
      ThrowsMessage<Error>(HasSubstr("; it takes strings, tuning, length")));
}

// An argument beside class_name would be lost; what Keras writes there is not meant for us.
TEST(Registry, ArgumentsStandInConfig) {
  EXPECT_NE(play(Config::Map{{"class_name", "Triangle"}, {"module", "m"}, {"config", Config()}}),
            nullptr);
  EXPECT_THAT(
      [] {
        play(Config::Map{{"class_name", "StringBand"}, {"strings", 5}});
      },
      ThrowsMessage<Error>(HasSubstr("unknown key 'strings' beside class_name")));
}

TEST(Registry, WhatAnObjectRefusesNamesThePlace) {
  Config call(Config::Map{{"StringBand", Config::Map{{"strings", 0}}}});
  call.at("job.yaml:9:3");
  EXPECT_THAT([&] { play(call); },
              ThrowsMessage<Error>("[job.yaml:9:3] [StringBand] strings is 0; use 1 or more"));
}

TEST(Registry, CommonKeysArePassedOver) {
  const Config::Map named{{"Triangle", Config::Map{{"name", "ting"}}}};
  EXPECT_THROW(play(named), Error);
  add_common_key("instrument", "name");
  EXPECT_NE(play(named), nullptr);
}

TEST(Ref, TakesANameAConfigAnObjectOrNothing) {
  EXPECT_FALSE(Ref<Instrument>());
  EXPECT_FALSE(Ref<Instrument>(nullptr));
  EXPECT_FALSE(Ref<Instrument>(Config()));
  EXPECT_TRUE(Ref<Instrument>("triangle"));
  const Ref<Instrument> made = StringBand({.strings = 6, .tuning = "fourths", .length = {}});
  EXPECT_EQ(options_of(made.pointer()).strings, 6);
  EXPECT_TRUE(write_config(Ref<Instrument>()).is_null());
  EXPECT_EQ(write_config(Ref<Instrument>("triangle")), Config("Triangle"));
}

}  // namespace
}  // namespace tutti
