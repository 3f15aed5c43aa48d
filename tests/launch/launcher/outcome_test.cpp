#include "launch/launcher/outcome.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/launch/run_program.h"

namespace tutti::launch {
namespace {

using membership::Outcome;
using membership::Verdict;

TEST(Outcome, HasOneExitCodeEach) {
  EXPECT_EQ(exit_code_of({Outcome::done, {}, ""}), ExitCode::ok);
  EXPECT_EQ(exit_code_of({Outcome::stopped, {}, ""}), ExitCode::stopped);
  EXPECT_EQ(exit_code_of({Outcome::job_failed, {.code = 4}, ""}), ExitCode::data);
  EXPECT_EQ(exit_code_of({Outcome::job_failed, {}, ""}), ExitCode::internal);
  EXPECT_EQ(static_cast<int>(exit_code_of({Outcome::too_few_ranks, {}, ""})), 11);
  const Verdict repeated{Outcome::repeated_failure, {.by_signal = true, .code = 11}, ""};
  EXPECT_EQ(static_cast<int>(exit_code_of(repeated)), 12);
  EXPECT_EQ(static_cast<int>(exit_code_of({Outcome::out_of_restarts, {}, ""})), 13);
}

class OutcomeTest : public testing_support::InTemporaryFolder {};

TEST_F(OutcomeTest, SaysWhatHappenedAndFromWhereItGoesOn) {
  const Verdict stopped{Outcome::stopped, {}, "asked to stop by signal 15"};
  EXPECT_EQ(words_of(stopped, "runs/a"),
            "[launch] asked to stop by signal 15; --run runs/a --resume begins again: no "
            "checkpoint was written yet");
  std::filesystem::create_directories(folder_ / "a/checkpoints/step-000000000120");
  const Verdict few{Outcome::too_few_ranks, {}, "hosts for 1 ranks are left"};
  EXPECT_EQ(words_of(few, folder_ / "a"),
            "[launch] hosts for 1 ranks are left; bring hosts back or lower --min-ranks; go on "
            "from step 120 with --run " +
                (folder_ / "a").string() + " --resume");
}

}  // namespace
}  // namespace tutti::launch
