#include "scheduler/study/journal_line.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/io/error_check.h"

namespace tutti {
namespace {

nlohmann::json parsed(const std::string& line) { return parse_journal_line(line, "j:1"); }

TEST(JournalLine, ReadsTheNumbersThatJsonHasNot) {
  const auto line = parsed(R"({"a":NaN,"b":[Infinity,-Infinity,1],"c":"NaN \" -Infinity","d":-1})");
  EXPECT_TRUE(std::isnan(line["a"].get<double>()));
  EXPECT_EQ(line["b"][0], INFINITY);
  EXPECT_EQ(line["b"][1], -INFINITY);
  EXPECT_EQ(line["c"], "NaN \" -Infinity");
  EXPECT_EQ(line["d"], -1);
}

TEST(JournalLine, RefusesWhatIsNoLine) {
  for (const std::string bad : {"", "hello", "[1]", "{\"a\":Nan}", "{\"a\":1", "{} {}", "\xff\xfe",
                                "{\"a\":Infinit}", "{\"a\":1e999}"})
    EXPECT_TRUE(throws_with([&] { parsed(bad); }, {"[j:1] is no line of a journal"})) << bad;
  const std::string deep(100000, '[');
  EXPECT_TRUE(throws_with([&] { parsed("{\"a\":" + deep); }, {"[j:1] nests 100001 deep"}));
  const std::string long_line(kLongestJournalLine + 1, ' ');
  EXPECT_TRUE(throws_with([&] { parsed(long_line); }, {"[j:1] is a line of 67108865 bytes"}));
}

TEST(JournalLine, WritesWhatOptunaWrites) {
  const std::string time = journal_time(std::chrono::hours(24) + std::chrono::milliseconds(250));
  EXPECT_EQ(time, "1970-01-02T00:00:00.250000+00:00");
  EXPECT_EQ(journal::create_study("a \"b\"", {Direction::minimize, Direction::maximize}),
            R"({"op_code":0,"worker_id":"tutti","study_name":"a \"b\"","directions":[1,2]})"
            "\n");
  EXPECT_EQ(
      journal::state(4, TrialState::complete, {1, NAN, -INFINITY}, time),
      R"({"op_code":6,"worker_id":"tutti","trial_id":4,"state":1,)"
      R"("values":[1.0,NaN,-Infinity],"datetime_complete":"1970-01-02T00:00:00.250000+00:00"})"
      "\n");
  EXPECT_EQ(journal::state(4, TrialState::running, {}, time),
            R"({"op_code":6,"worker_id":"tutti","trial_id":4,"state":0,)"
            R"("values":null,"datetime_start":"1970-01-02T00:00:00.250000+00:00"})"
            "\n");
  EXPECT_EQ(journal::intermediate(2, 7, 0.1),
            R"({"op_code":7,"worker_id":"tutti","trial_id":2,"step":7,"intermediate_value":0.1})"
            "\n");
  EXPECT_EQ(journal::system_attribute(2, "k", {1, "two"}),
            R"({"op_code":9,"worker_id":"tutti","trial_id":2,"system_attr":{"k":[1,"two"]}})"
            "\n");
  const std::string line = journal::parameter(3, "n", 2, IntDistribution{.low = 1, .high = 3});
  EXPECT_EQ(nlohmann::json::parse(parsed(line)["distribution"].get<std::string>()),
            to_json(IntDistribution{.low = 1, .high = 3}));
}

TEST(JournalTimes, AreReadBack) {
  const std::chrono::milliseconds time(1'769'850'300'250);  // 2026-01-31T09:05:00.25Z
  EXPECT_EQ(journal_time(time), "2026-01-31T09:05:00.250000+00:00");
  for (const char* text : {"2026-01-31T09:05:00.250000+00:00", "2026-01-31T09:05:00.250000",
                           "2026-01-31T11:05:00.25+02:00", "2026-01-31T08:35:00.25-00:30"})
    EXPECT_EQ(unix_time_of(text), time) << text;
  EXPECT_EQ(unix_time_of("2026-01-31T09:05:00"), time - std::chrono::milliseconds(250));
  for (const char* text : {"", "now", "2026-01-31", "2026-02-30T09:05:00", "2026-01-31T25:05:00",
                           "2026-01-31T09:05:00.25 o'clock", "2026-01-31T09:05:nan"})
    EXPECT_EQ(unix_time_of(text), std::nullopt) << text;
}

}  // namespace
}  // namespace tutti
