#include "launch/sweep/sweep_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/study/study.h"
#include "tests/launch/sweep/made_sweep.h"

namespace tutti {
namespace {

using testing::HasSubstr;

class SweepExport : public testing_support::MadeSweep {
 protected:
  static std::string fault_of(const SweepFolder& folder, const std::filesystem::path& file) {
    try {
      export_sweep(folder, file);
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return error.what();
    }
    return "nothing";
  }
};

TEST_F(SweepExport, ATrialIsALine) {
  const StudyFile study = this->study();
  StudyRecord record = record_of(study);
  add(study, record, 0, TrialState::complete, {0.1 + 0.2}).intermediate = {{1, 0.5}, {2, 0.3}};
  Trial& failed = add(study, record, 3, TrialState::failed, {});
  failed.user_attributes[kFailure] = "lost, as \"memory\"\nran out";
  failed.system_attributes["tutti:parent"] = 0;
  EXPECT_EQ(trials_csv(study, record),
            "number,state,value,epoch,params_optimizer.Adam.learning_rate,params_units,"
            "params_activation,params_layers,params_second,datetime_start,datetime_complete,"
            "duration,user_attrs_failure,system_attrs_tutti:parent\n"
            "0,complete,0.30000000000000004,2,0.0001,4,relu,1,,2026-01-31T09:00:00.000000+00:00,"
            "2026-01-31T09:00:01.500000+00:00,1.5,,\n"
            "1,failed,,,0.0112,8,tanh,2,6,2026-01-31T09:00:06.000000+00:00,"
            "2026-01-31T09:00:07.500000+00:00,1.5,\"lost, as \"\"memory\"\"\nran out\",0\n");
}

TEST_F(SweepExport, EachObjectiveHasItsColumn) {
  const StudyFile study = this->study("objective: [val_loss, val_accuracy]\ntuner: NSGAII\n");
  StudyRecord record = record_of(study);
  add(study, record, 0, TrialState::complete, {0.5, 1});
  add(study, record, 3, TrialState::waiting, {}).started = "";
  const std::string text = trials_csv(study, record);
  EXPECT_THAT(text, HasSubstr("number,state,values_val_loss,values_val_accuracy,epoch,"));
  EXPECT_THAT(text, HasSubstr("\n0,complete,0.5,1,,0.0001,4,relu,1,,"));
  EXPECT_THAT(text, HasSubstr("\n1,waiting,,,,0.0112,8,tanh,2,6,,,\n"));
}

TEST_F(SweepExport, WhatCannotBeExportedIsSaid) {
  EXPECT_THAT(fault_of(SweepFolder(folder_ / "none"), "a.csv"), HasSubstr("holds no sweep"));
  const StudyFile study = this->study("objective: [val_loss, val_accuracy]\ntuner: NSGAII\n");
  const SweepFolder folder = begun(study);
  EXPECT_THAT(fault_of(folder, "model.h5"), HasSubstr("'.h5' is no ending"));
  EXPECT_THAT(fault_of(folder, "trials"), HasSubstr("use .csv for all trials, .keras"));
  Study at_work(folder.journal(), study.options, study.space, study.tuner);
  EXPECT_THAT(fault_of(folder, "best.keras"), HasSubstr("no trial is complete; 0 trials begun"));
  for (const double value : {0.5, 0.25})
    at_work.tell(at_work.ask()->trial, TrialState::complete, {value, value});
  EXPECT_THAT(fault_of(folder, "best.keras"),
              HasSubstr("better than trials 0, 1; choose one of them: tutti convert"));
  EXPECT_EQ(export_sweep(folder, folder_ / "trials.csv"),
            "2 trials in " + (folder_ / "trials.csv").string());
  EXPECT_THAT(testing_support::read_text(folder_ / "trials.csv"), HasSubstr("\n1,complete,0.25,"));
}

TEST_F(SweepExport, ATrialWithoutItsModelIsNamed) {
  const StudyFile study = this->study();
  const SweepFolder folder = begun(study);
  Study at_work(folder.journal(), study.options, study.space, study.tuner);
  at_work.tell(at_work.ask()->trial, TrialState::complete, {0.5});
  EXPECT_THAT(fault_of(folder, folder_ / "best.keras"), HasSubstr("trials/0"));
}

// By the command, after a sweep that has really trained.
TEST_F(SweepExport, AndReportAfterASweep) {
  write("made.yaml", study_text("max_trials: 3\nthreads: 1\n"));
  const auto ran = shell("tutti sweep made.yaml");
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("report: runs/made/report.html"));
  const SweepFolder folder(folder_ / "runs/made");
  const std::string page = testing_support::read_text(folder.report());
  EXPECT_THAT(page, HasSubstr("3 of 3 trials begun: 3 complete"));
  std::filesystem::remove(folder.report());
  EXPECT_EQ(shell("tutti sweep report runs/made").out, "runs/made/report.html\n");
  EXPECT_EQ(testing_support::read_text(folder.report()), page);
  EXPECT_EQ(shell("tutti sweep export runs/made trials.csv").out, "3 trials in trials.csv\n");
  const std::string table = testing_support::read_text(folder_ / "trials.csv");
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4);
  const auto best = folder.record(folder.begun()).ranking().at(0)->number;
  EXPECT_THAT(shell("tutti sweep export runs/made best.keras").out,
              HasSubstr(fmt::format("the model of trial {} ", best)));
  ASSERT_EQ(shell("tutti convert best.keras exported.safetensors").code, 0);
  ASSERT_EQ(shell(fmt::format("tutti convert runs/made/trials/{} trained.safetensors", best)).code,
            0);
  EXPECT_EQ(testing_support::read_text(folder_ / "exported.safetensors"),
            testing_support::read_text(folder_ / "trained.safetensors"));
}

}  // namespace
}  // namespace tutti
