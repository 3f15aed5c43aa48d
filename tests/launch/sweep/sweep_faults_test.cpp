// `tutti sweep` among broken files, full disks and others: one clear line, nothing lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/random.h"
#include "tests/launch/sweep/sweep_fixture.h"

namespace tutti {
namespace {

using testing::HasSubstr;
using testing_support::read_text;

// Trials in processes of their own, whose runs stay.
std::string iris_apart(const std::string& rest, int epochs = 6) {
  return testing_support::iris_study(rest + "fuse: false\n", epochs);
}

// As an optuna.create_study() of that name with those directions begins its file.
std::string foreign_study(const std::string& directions) {
  return R"({"op_code":0,"worker_id":"a-1","study_name":"study","directions":)" + directions +
         "}\n";
}
// A trial of Optuna's that has ended: its units are another kind of hyperparameter.
constexpr const char* kForeignTrial =
    R"({"op_code":4,"worker_id":"a-1","study_id":0,"state":1,"value":null,"values":[0.5],)"
    R"("datetime_start":"2026-11-26T10:00:00","datetime_complete":"2026-11-26T10:00:01",)"
    R"("distributions":{"units":"{\"name\":\"CategoricalDistribution\",\"attributes\":)"
    R"({\"choices\":[\"few\",\"many\"]}}"},"params":{"units":1},"user_attrs":{},)"
    R"("system_attrs":{},"intermediate_values":{}})"
    "\n";

class SweepFaults : public testing_support::WithSweep {
 protected:
  std::string fault(const std::string& line, int code) const {
    const auto ran = shell(line);
    EXPECT_EQ(ran.code, code) << line << "\n" << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    return ran.err;
  }
  void put_journal(const std::string& text) const { write("runs/study/journal.log", text); }
  std::string journal() const { return read_text(folder_ / "runs/study/journal.log"); }
  int epochs() const {  // that the journal has values of
    const std::string text = journal();
    int count = 0;
    for (size_t at = 0; (at = text.find("\"op_code\":7", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  void wait_for_epochs(int count) const {
    for (int i = 0; i < 6000 && epochs() < count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_GE(epochs(), count);
  }
};

TEST_F(SweepFaults, WhatIsNoJournalOfItsIsRefusedAndLeft) {
  write("study.yaml", iris_apart("max_trials: 2\n", 2));
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  const std::string good = journal();
  std::string noise;
  Random random(30, 1);
  for (int i = 0; i < 5000; ++i) noise += static_cast<char>(random.below(256));
  const std::string no_journal[] = {
      noise,          "2026-11-26 10:00 INFO started\n",        "epoch,loss\n1,0.5\n",
      "{\"a\": 1}\n", good + "2026-11-26 10:00 INFO started\n", good.substr(good.find('\n') + 1)};
  for (const std::string& text : no_journal) {
    put_journal(text);
    for (const char* line :
         {"tutti sweep study.yaml", "tutti sweep status runs/study", "tutti sweep best runs/study"})
      EXPECT_THAT(fault(line, 4), HasSubstr("[runs/study/journal.log:")) << text;
    EXPECT_EQ(journal(), text);
  }
  const std::string other_end = good + "{\"a\": 1}";
  put_journal(other_end);
  EXPECT_THAT(fault("tutti sweep study.yaml", 4), HasSubstr("no line of a journal"));
  EXPECT_EQ(journal(), other_end);
  for (const char* directions : {"[2]", "[1,1]"}) {
    put_journal(foreign_study(directions));
    EXPECT_THAT(fault("tutti sweep study.yaml", 4), HasSubstr("with other objectives"));
    EXPECT_EQ(journal(), foreign_study(directions));
  }
}

// One that Optuna has begun with other hyperparameters goes on with the sweep's.
TEST_F(SweepFaults, AStudyOfAnotherSpaceIsJoined) {
  write("study.yaml", iris_apart("max_trials: 3\ntuner: {TPE: {n_startup_trials: 1}}\n", 2));
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  std::filesystem::remove_all(folder_ / "runs/study/trials");
  std::string theirs = foreign_study("[1]") + kForeignTrial;
  put_journal(theirs);
  EXPECT_THAT(fault("tutti sweep study.yaml", 4), HasSubstr("whose 'units' is one of few, many"));
  for (size_t at; (at = theirs.find("\"units\"")) != std::string::npos;)
    theirs.replace(at, 7, "\"width\"");
  put_journal(theirs);
  const auto ran = shell("tutti sweep study.yaml");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const StudyRecord all = record();
  ASSERT_EQ(all.trials.size(), 3u);
  EXPECT_EQ(all.trials[0].values, std::vector{0.5});
  for (size_t i : {1, 2}) {
    EXPECT_EQ(all.trials[i].state, TrialState::complete);
    EXPECT_EQ(all.trials[i].point.size(), 2u);
  }
}

// As a failure of power leaves it: the runs know what the journal does not.
TEST_F(SweepFaults, AJournalThatIsCutGoesOnToTheSame) {
  write("study.yaml", iris_apart("max_trials: 4\ntuner: {TPE: {n_startup_trials: 2}}\n"
                                 "pruner: {Threshold: {upper: 0.9, n_warmup_steps: 2}}\n"));
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  const std::string whole = journal(), wanted = decisions(record());
  size_t pruned = 0;
  for (const Trial& trial : record().trials) pruned += trial.state == TrialState::pruned;
  ASSERT_GT(pruned, 0u);
  for (size_t length = 0; length < whole.size(); length += 10) {
    const std::string text = whole.substr(0, length);
    put_journal(text);
    JournalReader reader(folder_ / "runs/study/journal.log");
    EXPECT_EQ(reader.read(), text.substr(text.rfind('\n') + 1)) << length;
    if (length % 970 != 0) continue;
    const auto ran = shell("tutti sweep study.yaml");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(decisions(record()), wanted) << "cut after " << length << " bytes";
  }
}

TEST_F(SweepFaults, NotesOfOthersUnderItsNamesDoNoHarm) {
  write("study.yaml", iris_apart("max_trials: 1\nexecutions_per_trial: 2\n", 2));
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  std::filesystem::remove_all(folder_ / "runs/study/trials");
  put_journal(
      foreign_study("[1]") +
      R"({"op_code":4,"worker_id":"a-1","study_id":0,"state":4,"value":null,"values":null,)"
      R"("datetime_start":null,"distributions":{},"params":{},"user_attrs":{"retries":"many",)"
      R"("executions":"none","failure":[1],"cause":7},"system_attrs":{"fixed_params":)"
      R"({"units":8}},"intermediate_values":{}})"
      "\n");
  EXPECT_EQ(shell("tutti sweep status runs/study").code, 0);
  const auto ran = shell("tutti sweep study.yaml");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(record().trials.at(0).user_attributes.at("executions").size(), 2u);
}

TEST_F(SweepFaults, SeveralAtOnceAreOne) {
  write("study.yaml", iris_apart("max_trials: 3\nslots: 2\n", 100));
  std::vector<pid_t> all;
  for (int i = 0; i < 4; ++i) all.push_back(begin("study.yaml"));
  int done = 0;
  for (const pid_t one : all) {
    const int code = end_of(one);
    done += code == 0;
    EXPECT_TRUE(code == 0 || code == 8) << code;
  }
  EXPECT_GE(done, 1);
  const std::string refused = read_text(folder_ / "err.txt");
  EXPECT_EQ(std::count(refused.begin(), refused.end(), '\n'), 4 - done) << refused;
  const StudyRecord found = record();
  ASSERT_EQ(found.trials.size(), 3u);
  for (const Trial& trial : found.trials) EXPECT_EQ(trial.state, TrialState::complete);
}

TEST_F(SweepFaults, SignalsAndADirectoryThatMovesLoseNothing) {
  write("study.yaml", iris_apart("max_trials: 6\nslots: 2\n", 150));
  ASSERT_EQ(shell("tutti sweep study.yaml --run alone").code, 0);
  const StudyRecord wanted = record("alone");
  for (const auto& [number, code] : {std::pair{SIGTERM, 10}, {SIGINT, 10}, {SIGKILL, -SIGKILL}}) {
    const int before = epochs();
    const pid_t process = begin("study.yaml");
    wait_for_epochs(before + 50);
    kill(process, number);
    EXPECT_EQ(end_of(process), code) << read_text(folder_ / "err.txt");
  }
  std::filesystem::rename(folder_ / "runs/study", folder_ / "elsewhere");
  const auto ran = shell("tutti sweep study.yaml --run elsewhere");
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs/study"));
  const StudyRecord found = record("elsewhere");
  ASSERT_EQ(found.trials.size(), wanted.trials.size());
  for (size_t i = 0; i < found.trials.size(); ++i) {  // the first ten points are random ones
    EXPECT_EQ(found.trials[i].point, wanted.trials[i].point);
    EXPECT_EQ(found.trials[i].intermediate, wanted.trials[i].intermediate);
    EXPECT_EQ(found.trials[i].values, wanted.trials[i].values);
  }
}

TEST_F(SweepFaults, ALimitOfFileSizeIsTold) {
  write("study.yaml", iris_apart("max_trials: 30\n", 20));
  const std::string words = fault("(ulimit -f 4; tutti sweep study.yaml)", 8);
  EXPECT_THAT(words, HasSubstr("File too large"));
  const auto ran = shell("tutti sweep study.yaml");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("30 complete"));
}

TEST_F(SweepFaults, ADiskThatIsFullStopsItAndItGoesOn) {
  if (shell("unshare -m true").code != 0) GTEST_SKIP() << "no file system can be mounted here";
  write("study.yaml", iris_apart("max_trials: 8\n", 20));
  for (const char* size :
       {"48k", "120k"}) {  // full before a trial's first state, and after several
    const auto ran = shell(fmt::format(
        "unshare -m bash -c 'tutti() {{ \"{}\" \"$@\"; }}; mkdir -p disk && mount -t tmpfs -o "
        "size={} tmpfs disk && tutti sweep study.yaml --run disk/sweep; echo \"code $?\"; wc -l "
        "<err; "
        "mount -o remount,size=100m disk && tutti sweep study.yaml --run disk/sweep' 2>err",
        testing_support::tutti_program(), size));
    EXPECT_EQ(ran.code, 0) << read_text(folder_ / "err");
    EXPECT_THAT(ran.out, HasSubstr("code 8\n1\n")) << read_text(folder_ / "err");
    EXPECT_THAT(ran.out, HasSubstr("8 complete"));
    EXPECT_THAT(read_text(folder_ / "err"), HasSubstr("No space left on device"));
  }
}

TEST_F(SweepFaults, ADirectoryThatMayNotBeWrittenIsTold) {
  if (shell("setpriv --reuid=65534 --regid=65534 --clear-groups true").code != 0)
    GTEST_SKIP() << "no other user can be taken on here";
  const std::string nobody =
      fmt::format("setpriv --reuid=65534 --regid=65534 --clear-groups {} sweep ",
                  testing_support::tutti_program());
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  write("study.yaml", iris_apart("max_trials: 2\n", 2));
  EXPECT_THAT(fault(nobody + "study.yaml", 8), HasSubstr("[runs/study] cannot make the directory"));
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  const std::string whole = journal();
  EXPECT_EQ(shell(nobody + "status runs/study").code, 0);
  EXPECT_EQ(shell(nobody + "best runs/study").code, 0);
  EXPECT_THAT(fault(nobody + "study.yaml", 8), HasSubstr("Permission denied"));
  EXPECT_THAT(fault(nobody + "study.yaml --overwrite", 8), HasSubstr("Permission denied"));
  EXPECT_EQ(journal(), whole);
  // Trials that cannot keep their state are not spent.
  write("study.yaml", iris_apart("max_trials: 4\n", 2));
  ASSERT_EQ(shell("chown -R 65534 runs && chown root runs/study/trials").code, 0);
  EXPECT_THAT(fault(nobody + "study.yaml", 8), HasSubstr("trial 2 cannot keep its state"));
  ASSERT_EQ(shell("chown -R 65534 runs").code, 0);
  EXPECT_THAT(shell(nobody + "study.yaml").out, HasSubstr("4 complete"));
}

}  // namespace
}  // namespace tutti
