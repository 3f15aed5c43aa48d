#include "launch/sweep/trial_reports.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tutti {
namespace {

TEST(TrialReports, AreReadAsTheyWereSaid) {
  TrialLine epoch{.epoch = 3, .trial = 7};
  epoch.logs = {{"loss", 0.1},
                {"a \"quoted\" name\n", 1},
                {"tiny", 5e-324},
                {"large", -1.7976931348623157e308},
                {"nan", std::nan("")}};
  const std::string text = text_of(epoch);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const TrialLine read = parse_trial_line(text);
  EXPECT_EQ(read.trial, 7);
  EXPECT_EQ(read.epoch, 3);
  ASSERT_EQ(read.logs.size(), epoch.logs.size());
  for (const auto& [name, value] : epoch.logs)
    EXPECT_TRUE(read.logs.at(name) == value ||
                (std::isnan(value) && std::isnan(read.logs.at(name))))
        << name;

  const TrialLine end = parse_trial_line(
      text_of({.trial = 1, .end = TrialLine::End{3, "no \"rows\"", "0123456789abcdef"}}));
  ASSERT_TRUE(end.end);
  EXPECT_EQ(end.end->code, 3);
  EXPECT_EQ(end.end->words, "no \"rows\"");
  EXPECT_EQ(end.end->parameters, "0123456789abcdef");
  EXPECT_EQ(parse_trial_line(text_of({.metrics = {"a", "b"}})).metrics,
            (std::vector<std::string>{"a", "b"}));
}

TEST(TrialReports, SayWhatIsAskedForWhereItIsThere) {
  Logs logs;
  for (const char* name : {"accuracy", "loss", "val_loss"}) logs.set(name, 0.5);
  EXPECT_EQ(epoch_line(0, logs).logs.size(), 3u);
  EXPECT_EQ(epoch_line(0, logs, {"val_loss"}).logs,
            (std::map<std::string, double>{{"val_loss", 0.5}}));
  EXPECT_EQ(epoch_line(0, logs, {"val_loss", "val_acc"}).logs.size(), 3u);
  EXPECT_EQ(epoch_line(4, logs).epoch, 5);
}

}  // namespace
}  // namespace tutti
