// From options to the script, and what sbatch says to it: one of our own stands in for it.
#include "launch/slurm/submission.h"

#include <gmock/gmock.h>

#include "core/base/error.h"
#include "tests/launch/run_program.h"

namespace tutti::slurm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Words = std::vector<std::string>;

options::variables_map parsed(const Words& words) {
  options::options_description named;
  declare_submission(named);
  named.add_options()("job", options::value<std::string>(), "")(
      "set", options::value<Words>()->composing(), "")("ranks,n", options::value<int>(), "")(
      "wait", options::value<double>(), "")("run", options::value<std::string>(), "")("resume", "")(
      "threads", options::value<int>(), "")("allow-other-numerics", "");
  options::variables_map given;
  options::store(options::command_line_parser(words).options(named).run(), given);
  return given;
}

TEST(Submission, LaunchesInTheScriptWhatWasGiven) {
  const auto given = parsed({"--slurm",  "-n",
                             "4",        "--job",
                             "a b.yaml", "--set",
                             "seed=1",   "--set",
                             "x=[1, 2]", "--wait",
                             "2.5",      "--threads",
                             "2",        "--allow-other-numerics",
                             "--nodes",  "2",
                             "--run",    "runs/a",
                             "--resume", "--sbatch=--exclusive"});
  EXPECT_THAT(
      launch_words(given, "/bin/tutti"),
      ElementsAre("/bin/tutti", "launch", "--allow-other-numerics", "--job", "a b.yaml", "--set",
                  "seed=1", "--set", "x=[1, 2]", "--threads", "2", "--wait", "2.5"));
}

TEST(Submission, FillsTheScript) {
  const auto given = parsed({"--slurm",   "--nodes",
                             "2",         "--ntasks-per-node",
                             "2",         "--cpus-per-task",
                             "3",         "--gpus-per-node",
                             "1",         "--time",
                             "10:00",     "--partition",
                             "p",         "--account",
                             "a",         "--mail",
                             "m",         "--lead",
                             "60",        "--no-requeue",
                             "--no-kill", "--sbatch=--exclusive",
                             "--sbatch",  "--exclude=n3",
                             "--qos",     "q",
                             "--setup",   "module load openmpi"});
  const SlurmScript script = script_of(given, {"tutti", "launch"}, "digits", 4, "runs/a");
  const std::string text = write_script(script);
  for (const char* line :
       {"--job-name=digits", "--output=runs/a/slurm-%j.log", "--ntasks=4", "--nodes=2",
        "--ntasks-per-node=2", "--cpus-per-task=3", "--gpus-per-node=1", "--time=10:00",
        "--partition=p", "--account=a", "--mail-user=m", "--signal=B:TERM@60", "--no-requeue",
        "--no-kill", "--exclusive", "--exclude=n3", "--qos=q"})
    EXPECT_THAT(text, HasSubstr(std::string("#SBATCH ") + line + "\n"));
  EXPECT_THAT(text, HasSubstr("\ntutti launch --run runs/a --resume &\n"));
  EXPECT_THROW(script_of(parsed({"--nodes", "-1"}), {}, "", 1, "r"), Error);
  EXPECT_THAT(text, HasSubstr("\nmodule load openmpi\n"));
  EXPECT_THAT(text, HasSubstr("--chdir=" + std::filesystem::current_path().string() + "\n"));
}

TEST(Submission, LeavesTimeToTrain) {
  const auto with = [](const std::string& time, const std::string& lead) {
    script_of(parsed({"--time", time, "--lead", lead}), {}, "", 1, "r");
  };
  const std::pair<const char*, const char*> limits[] = {
      {"1", "60"},         {"1:30", "90"}, {"1:00:00", "3600"},    {"1-1", "90000"},
      {"1-1:01", "90060"}, {"0:45", "45"}, {"1-01:01:01", "90061"}};
  for (const auto& [time, seconds] : limits) {
    EXPECT_THROW(with(time, seconds), Error) << time;
    EXPECT_NO_THROW(with(time, std::to_string(std::stoi(seconds) - 1))) << time;
  }
  for (const char* judged_by_sbatch :
       {"UNLIMITED", "soon", "", "0", "1:2:3:4:5", "1-2-3-4-5", "-1"})
    EXPECT_NO_THROW(with(judged_by_sbatch, "120")) << judged_by_sbatch;
}

TEST(Submission, RefusesItsOptionsWithoutSlurm) {
  EXPECT_NO_THROW(refuse_without_slurm(parsed({"--threads", "2"})));
  EXPECT_NO_THROW(refuse_without_slurm(parsed({"--slurm", "--dry-run"})));
  for (const Words& words : {Words{"--dry-run"}, Words{"--time", "1"}, Words{"--sbatch=--x"}})
    EXPECT_THROW(refuse_without_slurm(parsed(words)), Error) << words[0];
}

class SubmissionTest : public testing_support::InTemporaryFolder {
 protected:
  SubmissionTest() : path_(std::getenv("PATH")) {
    ::setenv("PATH", (folder_.string() + ":" + path_).c_str(), 1);
  }
  ~SubmissionTest() override { ::setenv("PATH", path_.c_str(), 1); }
  void sbatch(const std::string& does) const {
    const auto file = write("sbatch", "#!/bin/sh\n" + does + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }
  std::string refusal() const {
    try {
      return "accepted: " + submit("x", folder_ / "run").job;
    } catch (const Error& error) {
      return error.what();
    }
  }
  std::string path_;
};

TEST_F(SubmissionTest, MakesAnArrayOfTheLinesOfAFile) {
  const auto file = write("sweep", "seed=1 optimizer.learning_rate=0.1\n\n'name=a b'\n").string();
  const SlurmScript script = script_of(parsed({"--array", file}), {"tutti"}, "s", 1, "runs/a");
  EXPECT_THAT(script.array,
              ElementsAre(Words{"--set", "seed=1", "--set", "optimizer.learning_rate=0.1", "--run",
                                "runs/a/0", "--resume"},
                          Words{"--set", "name=a b", "--run", "runs/a/1", "--resume"}));
  EXPECT_EQ(script.log, "slurm-%A_%a.log");
  EXPECT_EQ(read_array(file)[1].place, file + ":3");
  EXPECT_THROW(script_of(parsed({"--array", write("none", "\n").string()}), {}, "", 1, "r"), Error);
  EXPECT_THROW(script_of(parsed({"--array", write("bad", "a\\\n").string()}), {}, "", 1, "r"),
               Error);
  EXPECT_THROW(script_of(parsed({"--array", "/nowhere"}), {}, "", 1, "r"), Error);
}

TEST_F(SubmissionTest, IsSubmittedWithItsFileInTheRun) {
  sbatch("cp \"$2\" \"$(dirname \"$0\")/got\"; echo \"7;cluster\"; echo a warning >&2");
  const Submitted submitted = submit("#!/bin/sh\n", folder_ / "runs" / "a");
  EXPECT_EQ(submitted.job, "7");
  EXPECT_THAT(submitted.remarks, ElementsAre("a warning"));
  EXPECT_EQ(testing_support::read_text(folder_ / "got"), "#!/bin/sh\n");
  EXPECT_EQ(testing_support::read_text(folder_ / "runs/a/launch.sbatch"), "#!/bin/sh\n");
}

TEST_F(SubmissionTest, SaysWhatSbatchSays) {
  sbatch("echo 'sbatch: error: no account' >&2; echo 'sbatch: error: failed' >&2; exit 1");
  EXPECT_THAT(refusal(), HasSubstr("[sbatch] no account; failed; mend that, or edit /"));
  sbatch("exit 0");
  EXPECT_THAT(refusal(), HasSubstr("[sbatch]"));
  std::filesystem::remove(folder_ / "sbatch");
  ::setenv("PATH", folder_.c_str(), 1);
  EXPECT_THAT(refusal(), HasSubstr("[sbatch] is not on this host"));
}

}  // namespace
}  // namespace tutti::slurm
