#include "launch/page/run_status.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "tests/launch/page/made_status.h"

namespace tutti {
namespace {

using testing::HasSubstr;
using testing_support::made_status;

TEST(RunStatus, AsJsonSaysAllOfIt) {
  const auto json = nlohmann::json::parse(to_json(made_status()));
  EXPECT_EQ(json["step"], 1234);
  EXPECT_EQ(json["epochs_done"], 12);
  EXPECT_EQ(json["epochs"], 50);
  EXPECT_EQ(json["commit_step"], 1230);
  EXPECT_EQ(json["ranks"].size(), 4U);
  EXPECT_EQ(json["ranks"][0]["awaited"], 2);
  EXPECT_TRUE(json["ranks"][2]["awaited"].is_null());
  EXPECT_EQ(json["ranks"][2]["seconds"]["compute"], 60);
  EXPECT_EQ(json["curves"][0]["points"].size(), 50U);
  EXPECT_THAT(json["stragglers"][0]["text"].get<std::string>(),
              HasSubstr("rank 2 on node1 is slow at comp"));
  RunStatus begun;
  EXPECT_TRUE(nlohmann::json::parse(to_json(begun))["commit_step"].is_null());
}

// The rules of the text format: heads before samples, a family once and in one piece, names and
// numbers in their alphabets, labels escaped, a newline at the end.
struct PrometheusFamilies {
  std::map<std::string, std::string> types;
  std::map<std::string, int> samples;

  void read(const std::string& text) {
    static const std::regex sample(
        "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?:[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\]|\\\\[\\\\n\"])*\",?"
        ")*"
        "\\})? (NaN|[+-]Inf|[-+0-9.e]+)");
    ASSERT_TRUE(text.ends_with("\n"));
    std::istringstream lines(text);
    std::string current;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string mark, what, name, type;
      if (line.starts_with("# ")) {
        words >> mark >> what >> name >> type;
        if (what == "HELP") {
          ASSERT_TRUE(helped_.insert(name).second) << name << " comes twice";
        } else {
          ASSERT_EQ(what, "TYPE") << line;
          ASSERT_TRUE(type == "gauge" || type == "counter") << line;
          ASSERT_TRUE(helped_.contains(name)) << line;
          types[current = name] = type;
        }
        continue;
      }
      std::smatch match;
      ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
      ASSERT_EQ(match[1], current) << line;
      ASSERT_TRUE(seen_.insert(match[1].str() + match[2].str()).second) << line << " comes twice";
      ++samples[current];
    }
  }

 private:
  std::set<std::string> helped_, seen_;
};

TEST(RunStatus, AsPrometheusTextKeepsTheFormatsRules) {
  PrometheusFamilies families;
  families.read(to_prometheus(made_status()));
  for (const auto& [name, type] : families.types)
    EXPECT_EQ(type == "counter", name.ends_with("_total")) << name;
  EXPECT_EQ(families.samples["tutti_rank_step"], 4);
  EXPECT_EQ(families.samples["tutti_rank_seconds_total"], 20);
  EXPECT_EQ(families.samples["tutti_log"], 3);
  EXPECT_EQ(families.samples["tutti_straggler"], 1);
}

TEST(RunStatus, LabelsAreEscapedAndNumbersMayBeNone) {
  RunStatus status;
  status.job = "a\\b\"c\nd\xff";
  status.steps_per_second = std::nan("");
  status.curves = {{.name = "loss", .points = {{1, INFINITY}}}};
  const std::string text = to_prometheus(status);
  EXPECT_THAT(text, HasSubstr("{job=\"a\\\\b\\\"c\\nd\xEF\xBF\xBD\",phase=\"starting\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tutti_steps_per_second NaN\n"));
  EXPECT_THAT(text, HasSubstr("tutti_log{quantity=\"loss\"} +Inf\n"));
  PrometheusFamilies().read(text);
}

}  // namespace
}  // namespace tutti
