// Runs that are killed, asked to stop, gone on with and forked: the digest and the history of an
// undisturbed one.
#include <gmock/gmock.h>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Resume : public InTemporaryFolder {
 protected:
  Resume() {
    write("job.yaml", R"(
data: {dataset: digits, split: {test: 0.2, seed: 1}, validation_split: 0.2}
model:
  - Dense: {units: 64, activation: relu}
  - Dropout: {rate: 0.2}
  - Dense: {units: 10}
loss: {SparseCategoricalCrossentropy: {from_logits: true}}
optimizer: {Adam: {learning_rate: 0.001}}
metrics: [accuracy]
fit: {epochs: 180, batch_size: 16, verbose: 0}
callbacks: [{ReduceLROnPlateau: {patience: 5}}]
checkpoint: {every: 25 steps}
seed: 3
shards: 4
report: false
)");
  }

  // A run in the background that is ended by a signal once it has a checkpoint; of several ranks
  // each is, or mpirun, which hands SIGUSR1 on.
  Finished ended(const std::string& signal, const std::string& run, int ranks = 1) const {
    const std::string program = quoted_word(std::string(TUTTI_BINARY_DIR) + "/bin/tutti");
    const std::string start =
        ranks == 1 ? "" : "mpirun --oversubscribe -n " + std::to_string(ranks) + " ";
    const std::string end = ranks == 1 || signal == "USR1" ? "kill -" + signal + " $pid"
                                                           : "pkill -" + signal + " -P $pid";
    return shell(
        "(exec " + start + program + " train job.yaml --run " + run +
        ") & pid=$!; for i in $(seq 3000); do ls " + run +
        "/checkpoints/step-*[0-9]/manifest.pb >/dev/null 2>&1 && break; kill -0 $pid || break; "
        "sleep 0.01; done; " +
        end + "; wait $pid");
  }
  Finished resume(const std::string& run, const std::string& more = "") const {
    return shell("tutti train job.yaml --run " + run + " --resume " + more);
  }
  static std::string last_line(const std::string& text) {
    const size_t end = text.find_last_not_of('\n') + 1;
    return text.substr(text.find_last_of('\n', end - 1) + 1,
                       end - text.find_last_of('\n', end - 1) - 1);
  }
  // The digest line of an undisturbed run, whose history lies in whole/.
  std::string undisturbed(const std::string& more = "") {
    const Finished whole = shell("tutti train job.yaml --run whole " + more);
    EXPECT_EQ(whole.code, 0) << whole.err;
    return last_line(whole.out);
  }
  std::string history(const std::string& run) const {
    return read_text(folder_ / run / "history.csv");
  }
};

TEST_F(Resume, AKilledRunEndsAsIfNothingHadHappened) {
  const std::string line = undisturbed();
  EXPECT_THAT(line, HasSubstr("parameters "));
  EXPECT_EQ(ended("KILL", "cut").code, 137);
  const Finished on = resume("cut");
  EXPECT_EQ(on.code, 0) << on.err;
  EXPECT_THAT(on.err + on.out, HasSubstr("going on from step"));
  EXPECT_EQ(last_line(on.out), line);
  EXPECT_EQ(history("cut"), history("whole"));
  const Finished again = resume("cut");  // there is nothing left to do
  EXPECT_EQ(last_line(again.out), line);
}

TEST_F(Resume, AskedToStopARunSavesItsState) {
  const std::string line = undisturbed();
  const Finished stopped = ended("TERM", "cut");
  EXPECT_EQ(stopped.code, 10) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("--resume goes on from it"));
  const Finished on = shell("tutti train --run cut --resume");  // with its own job
  EXPECT_EQ(on.code, 0) << on.err;
  EXPECT_EQ(last_line(on.out), line);
  EXPECT_EQ(history("cut"), history("whole"));
}

TEST_F(Resume, RanksWithoutAJudgeStopOnASignalThatMpirunHandsOn) {
  const std::string line = undisturbed();
  const Finished stopped = ended("USR1", "cut", 2);
  EXPECT_EQ(stopped.code, 10) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("--resume goes on from it"));
  EXPECT_THAT(stopped.err, HasSubstr("2 ranks by mpirun: they save, resume"));
  const Finished on = resume("cut");
  EXPECT_EQ(last_line(on.out), line);
  EXPECT_THAT(on.err, Not(HasSubstr("recovery in place")));
}

TEST_F(Resume, OnAnotherNumberOfRanks) {
  const std::string line = undisturbed();
  EXPECT_EQ(ended("KILL", "cut").code, 137);
  const Finished on = shell(mpirun(3) + "train job.yaml --run cut --resume");
  EXPECT_EQ(on.code, 0) << on.err;
  EXPECT_EQ(last_line(on.out), line);
  EXPECT_EQ(history("cut"), history("whole"));
  EXPECT_NE(ended("KILL", "ranks", 2).code, 0);
  const Finished alone = resume("ranks");
  EXPECT_EQ(alone.code, 0) << alone.err;
  EXPECT_EQ(last_line(alone.out), line);
  EXPECT_EQ(history("ranks"), history("whole"));
}

TEST_F(Resume, WhatWouldChangePastStepsIsRefusedByName) {
  EXPECT_EQ(ended("KILL", "cut").code, 137);
  for (const auto& [change, named] :
       {std::pair("optimizer.learning_rate=0.1", "optimizer.Adam.learning_rate"),
        std::pair("model.0.units=65", "units")}) {
    const Finished refused = resume("cut", std::string("--set ") + change);
    EXPECT_EQ(refused.code, 3) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(named));
    EXPECT_THAT(refused.err, HasSubstr("--fork"));
  }
  for (const auto& [change, named] :
       {std::pair("fit.batch_size=32", "fit.batch_size"), std::pair("seed=4", "seed")}) {
    const Finished refused = resume("cut", std::string("--set ") + change);
    EXPECT_EQ(refused.code, 3) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(named));
    EXPECT_THAT(refused.err, Not(HasSubstr("--fork"))) << "no state goes on so";
  }
  const std::string line = undisturbed("--set fit.epochs=182");
  const Finished longer =
      resume("cut", "--set fit.epochs=182 --set checkpoint.keep_last=1 --threads 1");
  EXPECT_EQ(longer.code, 0) << longer.err;
  EXPECT_EQ(last_line(longer.out), line);
}

TEST_F(Resume, SaysThatItBeginsAgainWhereNothingWasSaved) {
  EXPECT_EQ(ended("KILL", "cut").code, 137);
  std::filesystem::remove_all(folder_ / "cut/checkpoints");
  const Finished again = resume("cut", "--set fit.epochs=1");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("no checkpoint is in cut/checkpoints yet"));
  EXPECT_THAT(shell("tutti train job.yaml --run new --resume --set fit.epochs=1").err,
              Not(HasSubstr("no checkpoint")));
}

TEST_F(Resume, AForkBeginsFromTheStateOfAnotherRun) {
  const std::string line = undisturbed();
  EXPECT_EQ(ended("KILL", "cut").code, 137);
  const Finished same = shell("tutti train job.yaml --run same --fork cut");
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_EQ(last_line(same.out), line);
  const Finished other =
      shell("tutti train job.yaml --run other --fork cut --set loss.label_smoothing=0");
  EXPECT_NE(other.code, 0);  // there is no such argument
  const Finished slower =
      shell("tutti train job.yaml --run slower --fork cut --set callbacks.0.factor=0.5");
  EXPECT_EQ(slower.code, 0) << slower.err;
  EXPECT_EQ(shell("tutti train job.yaml --run none --fork nowhere").code, 4);
}

// Said otherwise by the job, and not what the state has.
TEST_F(Resume, AForkHasTheRateOfItsJob) {
  const auto fork_of = [&](const std::string& from, const std::string& more) {
    const Finished ran = shell("rm -rf fork; tutti train job.yaml --run fork " + from + more);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return last_line(ran.out);
  };
  const std::string two = " --set fit.epochs=2", four = " --set fit.epochs=4";
  const std::string whole = fork_of("", four);
  ASSERT_EQ(shell("tutti train job.yaml --run parent" + two).code, 0);
  EXPECT_EQ(fork_of("--fork parent", four), whole);
  const std::string slow = fork_of("--fork parent", four + " --set optimizer.learning_rate=1e-4");
  const std::string fast = fork_of("--fork parent", four + " --set optimizer.learning_rate=1e-2");
  EXPECT_NE(slow, whole);
  EXPECT_NE(fast, whole);
  EXPECT_NE(slow, fast);
}

TEST_F(Resume, OneLineForksARunAndGoesOnWithIt) {
  const std::string line = undisturbed();
  EXPECT_EQ(ended("KILL", "cut").code, 137);
  // What a crash left of an attempt before the run was begun is no hindrance.
  std::filesystem::create_directories(folder_ / "forked");
  std::filesystem::copy_file(folder_ / "cut/history.csv", folder_ / "forked/history.csv");
  const std::string command = "tutti train job.yaml --run forked --fork cut --resume";
  const Finished first = shell(command + " --set fit.epochs=179");
  EXPECT_EQ(first.code, 0) << first.err;
  std::filesystem::remove_all(folder_ / "cut");
  const Finished second = shell(command);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(last_line(second.out), line);
  EXPECT_EQ(history("forked"), history("whole"));
}

TEST_F(Resume, BeginsWhatHasNoCheckpoint) {
  const std::string line = undisturbed();
  const Finished first = resume("new");
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(last_line(first.out), line);
  EXPECT_EQ(shell("rm -r new/checkpoints").code, 0);
  EXPECT_EQ(last_line(resume("new").out), line);
  const Finished nowhere = shell("tutti train job.yaml --resume");
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("--run DIR --resume"));
}

TEST_F(Resume, ADamagedCheckpointIsNamedAndTheOneBeforeServes) {
  const std::string line = undisturbed();
  EXPECT_EQ(shell("tutti train job.yaml --run cut").code, 0);
  const std::string newest = "$(ls -d cut/checkpoints/step-* | tail -1)";
  const Finished whole = shell("tutti inspect " + newest);
  EXPECT_EQ(whole.code, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("dense/kernel"));
  EXPECT_THAT(whole.out, HasSubstr("whole: step "));
  EXPECT_EQ(shell("printf x | dd of=" + newest +
                  "/shard-0.safetensors bs=1 seek=5000 conv=notrunc status=none")
                .code,
            0);
  const Finished damaged = shell("tutti inspect " + newest);
  EXPECT_EQ(damaged.code, 4);
  EXPECT_THAT(damaged.err, HasSubstr("was changed between bytes"));
  const Finished on = resume("cut");
  EXPECT_EQ(on.code, 0) << on.err;
  EXPECT_THAT(on.err, HasSubstr("use an older checkpoint"));
  EXPECT_EQ(last_line(on.out), line);
}

TEST_F(Resume, ChangedRowsAreRefused) {
  const auto rows = [](const char* last) {
    std::string text = "a,b,label\n";
    for (int i = 0; i < 64; ++i)
      text +=
          std::to_string(i % 7) + "," + std::to_string(i % 5) + "," + std::to_string(i % 2) + "\n";
    return text + last;
  };
  write("rows.csv", rows("1,2,0\n"));
  write("table.yaml",
        "data: {csv: rows.csv, label: label}\nmodel: [{Dense: {units: 2}}]\n"
        "loss: {SparseCategoricalCrossentropy: {from_logits: true}}\nfit: {epochs: 2}\nseed: 1\n");
  EXPECT_EQ(shell("tutti train table.yaml --run table").code, 0);
  write("rows.csv", rows("1,3,0\n"));
  const Finished refused = shell("tutti train table.yaml --run table --resume");
  EXPECT_EQ(refused.code, 4) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("[rows.csv] has other records than when the run began"));
}

TEST_F(Resume, ATimeToSaveThatIsNoneIsRefused) {
  for (const char* every :
       {"often", "0 steps", "1.5 epochs", "-3 min", "10 mine", "5 lightyears"}) {
    const Finished refused =
        shell(std::string("tutti train job.yaml --run x --set checkpoint.every='") + every + "'");
    EXPECT_EQ(refused.code, 3) << every;
    EXPECT_THAT(refused.err, HasSubstr("10 min, 500 steps, epoch or never")) << every;
  }
}

}  // namespace
}  // namespace tutti::testing_support
