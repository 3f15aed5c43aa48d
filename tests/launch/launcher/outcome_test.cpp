#include "launch/launcher/outcome.h"

#include <gmock/gmock.h>

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

TEST(Outcome, SaysWhatHappenedAndWhatToDo) {
  EXPECT_EQ(words_of({Outcome::stopped, {}, "asked to stop by signal 15"}, "runs/a"),
            "[launch] asked to stop by signal 15; go on with --run runs/a --resume");
  EXPECT_THAT(words_of({Outcome::too_few_ranks, {}, "hosts for 1 ranks are left"}, "runs/a"),
              testing::HasSubstr("lower --min-ranks"));
}

}  // namespace
}  // namespace tutti::launch
