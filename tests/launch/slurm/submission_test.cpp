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
                             "--sbatch",  "--exclude=n3"});
  const SlurmScript script = script_of(given, {"tutti", "launch"}, "digits", 4, "runs/a");
  const std::string text = write_script(script);
  for (const char* line :
       {"--job-name=digits", "--output=runs/a/slurm-%j.log", "--ntasks=4", "--nodes=2",
        "--ntasks-per-node=2", "--cpus-per-task=3", "--gpus-per-node=1", "--time=10:00",
        "--partition=p", "--account=a", "--mail-user=m", "--signal=B:TERM@60", "--no-requeue",
        "--no-kill", "--exclusive", "--exclude=n3"})
    EXPECT_THAT(text, HasSubstr(std::string("#SBATCH ") + line + "\n"));
  EXPECT_THAT(text, HasSubstr("\ntutti launch --run runs/a --resume &\n"));
  EXPECT_THROW(script_of(parsed({"--nodes", "-1"}), {}, "", 1, "r"), Error);
  EXPECT_EQ(script_of(parsed({}), {}, "", 1, "runs/5%").log, "runs/5%%/slurm-%j.log");
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
      return "accepted: " + submit("x", folder_ / "run");
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
  EXPECT_EQ(script.log, "runs/a/slurm-%A_%a.log");
  EXPECT_THROW(script_of(parsed({"--array", write("none", "\n").string()}), {}, "", 1, "r"), Error);
  EXPECT_THROW(script_of(parsed({"--array", write("bad", "a\\\n").string()}), {}, "", 1, "r"),
               Error);
  EXPECT_THROW(script_of(parsed({"--array", "/nowhere"}), {}, "", 1, "r"), Error);
}

TEST_F(SubmissionTest, IsSubmittedWithItsFileInTheRun) {
  sbatch("cp \"$2\" \"$(dirname \"$0\")/got\"; echo \"7;cluster\"; echo a warning >&2");
  EXPECT_EQ(submit("#!/bin/sh\n", folder_ / "runs" / "a"), "7");
  EXPECT_EQ(testing_support::read_text(folder_ / "got"), "#!/bin/sh\n");
  EXPECT_EQ(testing_support::read_text(folder_ / "runs/a/launch.sbatch"), "#!/bin/sh\n");
}

TEST_F(SubmissionTest, SaysWhatSbatchSays) {
  sbatch("echo 'sbatch: error: invalid partition' >&2; exit 1");
  EXPECT_THAT(refusal(), HasSubstr("[sbatch] sbatch: error: invalid partition"));
  sbatch("exit 0");
  EXPECT_THAT(refusal(), HasSubstr("[sbatch]"));
  std::filesystem::remove(folder_ / "sbatch");
  ::setenv("PATH", folder_.c_str(), 1);
  EXPECT_THAT(refusal(), HasSubstr("sbatch"));
}

}  // namespace
}  // namespace tutti::slurm
