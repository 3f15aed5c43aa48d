#include "scheduler/space/distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace tutti {
namespace {

using Json = nlohmann::json;

std::string error_of(const std::function<void()>& code) {
  try {
    code();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string refusal_of(Distribution distribution) {
  return error_of([&] { checked("lr", distribution); });
}

const Distribution kChoices =
    CategoricalDistribution{{Config("relu"), Config(3), Config(0.5), Config(true), Config()}};

TEST(Distributions, AreKeptAndRefusedAsByOptuna) {
  const auto path = TUTTI_SOURCE_DIR "/tests/scheduler/goldens/distributions.json";
  std::ifstream file(path);
  for (const auto& item : Json::parse(file)) {
    SCOPED_TRACE(item["asked"].dump());
    if (item["kept"].is_null()) {
      EXPECT_THROW(distribution_from_json(item["asked"]), Error);
      continue;
    }
    const Distribution distribution = distribution_from_json(item["asked"]);
    EXPECT_EQ(to_json(distribution), item["kept"]);
    EXPECT_EQ(to_json(distribution).dump(), item["kept"].dump());  // 1.0 stays 1.0
    EXPECT_EQ(distribution_from_json(item["kept"]), distribution);
    for (const auto& [number, inside] :
         item["contains"].get<std::vector<std::pair<double, bool>>>())
      EXPECT_EQ(contains(distribution, number), inside) << number;
  }
}

TEST(Distributions, SayInOneLineWhatContradicts) {
  EXPECT_EQ(refusal_of(FloatDistribution{1, 0}), "[lr] low 1 is above high 0; exchange them");
  EXPECT_EQ(refusal_of(FloatDistribution{0, 1, true}),
            "[lr] low 0 has no logarithm; use a low above 0, or leave out log");
  EXPECT_EQ(refusal_of(FloatDistribution{1, 2, true, 0.1}),
            "[lr] step and log exclude each other; leave out one");
  EXPECT_EQ(refusal_of(FloatDistribution{0, std::nan("")}),
            "[lr] the bounds 0 and nan are not finite; give two numbers");
  EXPECT_EQ(refusal_of(FloatDistribution{0, 1, false, 1e-300}),
            "[lr] step 1e-300 is too small for 0 to 1; use a larger one, or none");
  EXPECT_EQ(refusal_of(IntDistribution{1, 5, 0}), "[lr] step is 0; use 1 or more");
  EXPECT_EQ(refusal_of(IntDistribution{std::numeric_limits<int64_t>::min(), 5}),
            "[lr] -9223372036854775808 to 5 goes beyond 2^53; use bounds within it");
  EXPECT_EQ(refusal_of(CategoricalDistribution{}), "[lr] has no choices; give at least one");
  EXPECT_EQ(refusal_of(CategoricalDistribution{{Config(1), Config(1.0)}}),
            "[lr] the choice 1.0 is there twice; leave out one");
  EXPECT_EQ(refusal_of(CategoricalDistribution{{Config(Config::List{Config(1)})}}),
            "[lr] the choice [1] is no single value; use numbers, text, true, false or null");
}

TEST(Distributions, ListTheirNumbers) {
  EXPECT_EQ(numbers_of(IntDistribution{32, 96, 32}), (std::vector<double>{32, 64, 96}));
  EXPECT_EQ(numbers_of(kChoices), (std::vector<double>{0, 1, 2, 3, 4}));
  EXPECT_EQ(numbers_of(FloatDistribution{2, 2}), std::vector<double>{2});
  const Distribution tenths = checked("x", FloatDistribution{0, 0.75, false, 0.1});
  ASSERT_EQ(count_of(tenths), 8);
  for (const double number : numbers_of(tenths)) EXPECT_TRUE(contains(tenths, number));
  EXPECT_EQ(count_of(FloatDistribution{}), std::nullopt);
}

TEST(Distributions, GiveTheJobItsValues) {
  EXPECT_EQ(value_of(kChoices, 0), Config("relu"));
  EXPECT_EQ(value_of(kChoices, 4), Config());
  EXPECT_EQ(value_of(IntDistribution{1, 9}, 7), Config(7));
  EXPECT_EQ(value_of(FloatDistribution{}, 0.25), Config(0.25));
  EXPECT_EQ(number_of("x", kChoices, Config(true)), 3);
  EXPECT_EQ(number_of("x", IntDistribution{1, 9}, Config(7.0)), 7);
  EXPECT_EQ(error_of([] {
              number_of("units", IntDistribution{32, 512, 32}, Config(50));
            }),
            "[units] 50 is not an integer from 32 to 512 in steps of 32; use a value that is");
  EXPECT_EQ(error_of([] { number_of("x", kChoices, Config("tanh").at("job.yaml:3:5")); }),
            "[job.yaml:3:5] tanh is not one of relu, 3, 0.5, true, null; use a value that is");
}

TEST(Distributions, RefuseJsonOfAnotherKindAsData) {
  for (const char* text :
       {"[]", "{}", "3", R"({"name": 3, "attributes": {}})",
        R"({"name": "IntDistribution", "attributes": {"low": 1}})",
        R"({"name": "IntDistribution", "attributes": {"low":1.5,"high":2,"step":1,"log":false}})",
        R"({"name": "FloatDistribution", "attributes": {"low":"a","high":2,"step":1,"log":1}})",
        R"({"name": "FloatDistribution", "attributes": {"low":3,"high":2,"step":1,"log":false}})",
        R"({"name": "CategoricalDistribution", "attributes": {"choices": 3}})",
        R"({"name": "CategoricalDistribution", "attributes": {"choices": [[1]]}})",
        R"({"name": "NormalDistribution", "attributes": {}})"}) {
    SCOPED_TRACE(text);
    try {
      distribution_from_json(Json::parse(text));
      ADD_FAILURE() << "was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::data);
      const std::string message = error.what();
      EXPECT_EQ(message.find("[distribution] "), 0u) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
  }
}

}  // namespace
}  // namespace tutti
