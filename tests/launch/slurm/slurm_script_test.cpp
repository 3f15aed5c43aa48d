// The script as a shell reads it: it is run here, with what Slurm would provide put in its place.
#include "launch/slurm/slurm_script.h"

#include <gmock/gmock.h>

#include "core/base/error.h"
#include "tests/launch/run_program.h"

namespace tutti::slurm {
namespace {

using testing::HasSubstr;
using testing::Not;

SlurmScript one_of(std::vector<std::string> command) {
  return {.name = "digits",
          .command = std::move(command),
          .run = "runs/5%",
          .log = "a-%j.log",
          .ranks = 4};
}

class ScriptTest : public testing_support::InTemporaryFolder {
 protected:
  // The script, with two standing in for Slurm's: scontrol only notes what it is told, and squeue
  // says how the job is.
  testing_support::Finished run(const SlurmScript& script, const std::string& environment = "") {
    write("script", write_script(script));
    write("scontrol", "#!/bin/sh\necho \"$@\" >told\n");
    write("squeue", "#!/bin/sh\necho \"" + state_ + "\"\n");
    return shell(
        "chmod +x scontrol squeue; rm -f told; export PATH=\"$PWD:$PATH\" SLURM_JOB_ID=7; " +
        environment + " timeout 60 bash script");
  }
  std::string told() const { return testing_support::read_text(folder_ / "told"); }
  std::string state_ = "RUNNING None";
};

TEST_F(ScriptTest, SaysWhatIsWanted) {
  SlurmScript script = one_of({"tutti", "launch"});
  script.nodes = 2, script.ranks_per_node = 2, script.cpus_per_rank = 8, script.gpus_per_node = 1;
  script.time = "2-00:00:00", script.partition = "low", script.account = "a", script.mail = "a@b.c";
  script.qos = "long", script.folder = "/it's here";
  script.no_kill = true;
  script.more = {"--exclude=n[1-3]", "--comment=for fun; really", "--exclusive"};
  const std::string text = write_script(script);
  for (const char* line : {"#!/usr/bin/env bash\n# By",
                           "edited: mkdir -p runs/5% && sbatch",
                           "\n#SBATCH --job-name=digits\n",
                           "--chdir=\"/it's here\"\n",
                           "--output=runs/5%%/a-%j.log\n",
                           "--ntasks=4\n",
                           "--nodes=2\n",
                           "--ntasks-per-node=2\n",
                           "--cpus-per-task=8\n",
                           "--gpus-per-node=1\n",
                           "--time=2-00:00:00\n",
                           "--partition=low\n",
                           "--account=a\n",
                           "--qos=long\n",
                           "--mail-user=a@b.c\n",
                           "--mail-type=END,FAIL,REQUEUE\n",
                           "--signal=B:TERM@120\n",
                           "--requeue\n",
                           "--no-kill\n",
                           "--open-mode=append\n",
                           "--exclude=n[1-3]\n",
                           "--comment=\"for fun; really\"\n",
                           "--exclusive\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(write_script(one_of({"tutti"})), Not(HasSubstr("#SBATCH --no")));
  script.requeue = false;
  EXPECT_THAT(write_script(script), HasSubstr("--no-requeue\n"));
  EXPECT_THAT(write_script(script), Not(HasSubstr("scontrol")));
}

TEST_F(ScriptTest, HandsOnEveryWordAsItIs) {
  std::vector<std::string> words = {"printf", "<%s>"};
  for (const char* word :
       {"a b", "$HOME", "it's", "", "`id`", "a\nb", "\\", "\"", "*", "x=[1, 2]", "#", "~"})
    words.push_back(word);
  const auto got = run(one_of(words));
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_EQ(got.out, "<a b><$HOME><it's><><`id`><a\nb><\\><\"><*><x=[1, 2]><#><~>");
  EXPECT_EQ(told(), "");
}

TEST_F(ScriptTest, RequeuesWhatHasSavedItsState) {
  EXPECT_EQ(run(one_of({"sh", "-c", "exit 10"})).code, 10);
  EXPECT_EQ(told(), "requeue 7\n");
  EXPECT_EQ(run(one_of({"sh", "-c", "exit 5"})).code, 5);
  EXPECT_EQ(told(), "");
  SlurmScript once = one_of({"sh", "-c", "exit 10"});
  once.requeue = false;
  EXPECT_EQ(run(once).code, 10);
  EXPECT_EQ(told(), "");
}

TEST_F(ScriptTest, HandsOnTheSignalAndWaitsForTheEnd) {
  write("ranks",
        "trap 'sleep 0.3; echo saved; exit 10' TERM\nsleep 0.3; kill -TERM $PPID\nwhile :; do "
        "sleep 0.05; "
        "done\n");
  const auto got = run(one_of({"bash", "ranks"}));
  EXPECT_EQ(got.code, 10) << got.err;
  EXPECT_EQ(got.out, "saved\n");
  EXPECT_EQ(told(), "requeue 7\n");
}

TEST_F(ScriptTest, GivesEachJobOfAnArrayItsWords) {
  SlurmScript script = one_of({"printf", "<%s>", "train"});
  script.array = {{"--set", "seed=1"}, {"--set", "name=a b"}};
  EXPECT_THAT(write_script(script), HasSubstr("#SBATCH --array=0-1\n"));
  EXPECT_EQ(run(script, "SLURM_ARRAY_TASK_ID=0").out, "<train><--set><seed=1>");
  EXPECT_EQ(run(script, "SLURM_ARRAY_TASK_ID=1").out, "<train><--set><name=a b>");
}

TEST_F(ScriptTest, LeavesToItsEndWhatWasCancelled) {
  state_ = "COMPLETING None";
  EXPECT_EQ(run(one_of({"sh", "-c", "exit 10"})).code, 10);
  EXPECT_EQ(told(), "");
  for (const char* state : {"COMPLETING TimeLimit", "SIGNALING None", ""}) {
    state_ = state;
    EXPECT_EQ(run(one_of({"sh", "-c", "exit 10"})).code, 10);
    EXPECT_EQ(told(), "requeue 7\n") << state;
  }
}

// Its last job has the number of the array, which would requeue them all.
TEST_F(ScriptTest, RequeuesOneJobOfAnArray) {
  SlurmScript script = one_of({"sh", "-c", "exit 10"});
  script.array = {{}, {}};
  EXPECT_EQ(run(script, "SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=1").code, 10);
  EXPECT_EQ(told(), "requeue 7_1\n");
}

TEST_F(ScriptTest, LoadsWhatTheRanksNeedBeforeThem) {
  SlurmScript script = one_of({"sh", "-c", "echo $LOADED"});
  script.setup = {"load() { [ -z \"$not_set\" ] && export LOADED=\"$1\"; }", "load openmpi"};
  const auto got = run(script);
  EXPECT_EQ(got.out, "openmpi\n") << got.err;
}

TEST(SlurmScript, RefusesWhatSbatchCannotRead) {
  for (const char* option : {"exclusive", "-x", "--", "", "--a b", "--=x", "--comment=\"",
                             "--comment=a\nb", "--comment=a\\b", "--\nx", "---x\n"}) {
    SlurmScript script = one_of({"tutti"});
    script.more = {option};
    EXPECT_THROW(write_script(script), Error) << option;
  }
  SlurmScript script = one_of({"tutti"});
  script.name = "a\n#SBATCH --uid=0";
  EXPECT_THROW(write_script(script), Error);
  EXPECT_THROW(write_script(one_of({std::string("a\0b", 3)})), Error);
}

}  // namespace
}  // namespace tutti::slurm
