#include "launch/sweep/report/sweep_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "scheduler/study/study.h"
#include "tests/launch/sweep/made_sweep.h"

namespace tutti {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

class SweepReport : public testing_support::MadeSweep {
 protected:
  Page page(const StudyFile& study, const StudyRecord& record) const {
    return sweep_page(SweepFolder("runs/made"), study, record);
  }
  static std::vector<std::string> pictures(const Page& page) {
    std::vector<std::string> names;
    for (const auto& [name, picture] : page.pictures()) names.push_back(name);
    return names;
  }
  // Complete with a value that depends on the learning rate; every fourth is pruned after an epoch.
  static StudyRecord course(const StudyFile& study, int trials) {
    StudyRecord record = record_of(study);
    for (int i = 0; i < trials; ++i) {
      const bool pruned = i % 4 == 3;
      Trial& trial = add(study, record, i, pruned ? TrialState::pruned : TrialState::complete, {});
      const double value = std::abs(trial.point.at("optimizer.Adam.learning_rate") - 0.03) + 0.1;
      for (int epoch = 1; epoch <= (pruned ? 1 : 3); ++epoch)
        trial.intermediate[epoch] = value + 1.0 / epoch;
      trial.values = {trial.intermediate.rbegin()->second};
    }
    return record;
  }
};

TEST_F(SweepReport, TellsAStudyWhole) {
  const StudyFile study = this->study("objective: val_loss\npruner: Median\nmax_trials: 40\n");
  StudyRecord record = course(study, 38);
  add(study, record, 38, TrialState::failed, {}).user_attributes[kFailure] = "the disk is full";
  add(study, record, 39, TrialState::running, {});
  const Page page = this->page(study, record);
  EXPECT_THAT(pictures(page),
              IsSupersetOf({"history_0", "learning_curves", "timeline", "importance", "field_0",
                            "parallel", "slice_optimizer.Adam.learning_rate_0", "slice_units_0",
                            "slice_activation_0", "slice_second_0"}));
  EXPECT_THAT(pictures(page), Not(Contains("pareto_front")));
  const std::string html = page.html();
  for (const char* words :
       {"<h1>made</h1>", "40 of 40 trials begun: 29 complete, 9 pruned, 1 failed, 1 running",
        "val_loss as small as can be, of the last epoch", "<td>pruner</td><td>Median</td>",
        "<td>tuner</td><td>TPE</td>", "a number from 0.0001 to 0.1", "layers is 2",
        "tutti predict runs/made/trials/", "tutti sweep export runs/made best.keras",
        "A trial failed", "the disk is full", "runs/made/output/38.log", "pruned here",
        "of 29 complete trials, so only roughly", "<td>39</td><td>running</td>"})
    EXPECT_THAT(html, HasSubstr(words));
  for (const char* words : {"<script", "src=\"", "@import", "url(", "nan"})
    EXPECT_THAT(html, Not(HasSubstr(words)));
}

TEST_F(SweepReport, NamesTheBestTrial) {
  const StudyFile study = this->study();
  StudyRecord record = course(study, 12);
  record.trials[5].values = {0.0125};
  const std::string html = page(study, record).html();
  EXPECT_THAT(html, HasSubstr("<b>0.0125</b><span>best val_loss</span>"));
  EXPECT_THAT(html, HasSubstr("Trial 5 of 12."));
  EXPECT_THAT(html, HasSubstr("tutti train runs/made/jobs/5.yaml"));
}

TEST_F(SweepReport, OfTwoObjectivesShowsTheFront) {
  const StudyFile study =
      this->study("objective: [val_loss, {metric: speed, direction: maximize}]\ntuner: NSGAII\n");
  StudyRecord record = record_of(study);
  for (int i = 0; i < 10; ++i)  // of each two, one is worse in both
    add(study, record, i, TrialState::complete, {1.0 * (i / 2) + i % 2, 3.0 * (i / 2) - i % 2});
  const Page page = this->page(study, record);
  EXPECT_THAT(pictures(page), IsSupersetOf({"history_0", "history_1", "pareto_front", "field_1",
                                            "slice_units_1", "parallel"}));
  EXPECT_THAT(pictures(page), Not(Contains("learning_curves")));
  EXPECT_THAT(page.html(), HasSubstr("There are 5 trials that no other is better than"));
  EXPECT_THAT(page.html(), HasSubstr("tutti convert runs/made/trials/0 best.keras"));
}

TEST_F(SweepReport, OfFailuresAloneSaysWhy) {
  const StudyFile study = this->study();
  StudyRecord record = record_of(study);
  for (int i = 0; i < 3; ++i)
    add(study, record, i, TrialState::failed, {}).user_attributes[kFailure] =
        i == 1 ? "killed" : "out of memory";
  const Page page = this->page(study, record);
  EXPECT_THAT(pictures(page), testing::ElementsAre("timeline"));
  for (const char* words : {"No trial is complete, so none is the best", "3 trials failed",
                            "2 of them: out of memory", "<td>killed</td>", "is not known"})
    EXPECT_THAT(page.html(), HasSubstr(words));
}

TEST_F(SweepReport, OfOneTrialOrNoneLeavesOutTheRest) {
  const StudyFile study = this->study();
  StudyRecord record = record_of(study);
  EXPECT_TRUE(pictures(page(study, record)).empty());
  EXPECT_THAT(page(study, record).html(), HasSubstr("None was begun."));
  add(study, record, 0, TrialState::complete, {0.5});
  EXPECT_THAT(pictures(page(study, record)), testing::ElementsAre("history_0", "timeline"));
  EXPECT_THAT(page(study, record).html(), HasSubstr("it takes two complete trials"));
}

TEST_F(SweepReport, NamesAreEscaped) {
  std::string text = study_text("objective: {metric: \"<i>loss\", direction: minimize}\n");
  text.replace(text.find("name: made"), 10, "name: \"<b>made<b>\"");
  text.replace(text.find("job:\n"), 5, "job:\n  name: $title\n");
  text.replace(text.find("space:\n"), 7, "space:\n  title: [\"<script>\", \"&amp\"]\n");
  const StudyFile study = read_study_file(write("study.yaml", text));
  StudyRecord record = course(study, 12);
  for (Trial& trial : record.trials) {
    trial.point["title"] = trial.number % 2;
    trial.distributions["title"] = study.space.find("title")->distribution;
  }
  record.trials[0].state = TrialState::failed;
  record.trials[0].user_attributes[kFailure] = "<script>alert(1)</script>";
  const std::string html = page(study, record).html();
  for (const char* words : {"<script", "<i>", "<b>made"}) EXPECT_THAT(html, Not(HasSubstr(words)));
  for (const char* words : {"<h1>&lt;b&gt;made", "&lt;script&gt;alert", "&lt;i&gt;loss"})
    EXPECT_THAT(html, HasSubstr(words));
}

TEST_F(SweepReport, OfManyTrialsIsBounded) {
  const StudyFile study = this->study();
  const Page page = this->page(study, course(study, 2100));
  for (const char* words : {"300 of 2100 trials: the best and the latest",
                            "The best 300 of 1575 trials", "The first 2000 of 2100"})
    EXPECT_THAT(page.html(), HasSubstr(words));
  EXPECT_LT(page.html().size(), 3'000'000u);
}

TEST_F(SweepReport, IsWrittenBesideTheJournal) {
  EXPECT_THROW(write_sweep_report(SweepFolder(folder_ / "none")), Error);
  const StudyFile study = this->study();
  const SweepFolder folder = begun(study);
  Study at_work(folder.journal(), study.options, study.space, study.tuner);
  at_work.tell(at_work.ask()->trial, TrialState::complete, {0.5});
  EXPECT_EQ(write_sweep_report(folder), folder.path() / "report.html");
  EXPECT_THAT(testing_support::read_text(folder.report()), HasSubstr("Trial 0 of 1."));
}

}  // namespace
}  // namespace tutti
