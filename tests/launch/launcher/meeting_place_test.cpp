#include "launch/launcher/meeting_place.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <optional>

#include "core/base/error.h"
#include "tests/launch/run_program.h"

namespace tutti::launch {
namespace {

class MeetingPlaceTest : public testing_support::InTemporaryFolder {};

TEST_F(MeetingPlaceTest, IsFoundByThoseWhoMayAndIsGoneAfterwards) {
  std::optional<MeetingPlace> place(folder_);
  const auto secret = place->draw_secret(7);
  place->write({7, {"10.0.0.7", "::1"}, 4711});
  struct stat status {};
  ASSERT_EQ(::stat(place->secret_file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const JudgeAddress judge = find_judge(folder_);
  EXPECT_EQ(judge.job, 7u);
  EXPECT_EQ(judge.port, 4711);
  EXPECT_THAT(judge.addresses, testing::ElementsAre("10.0.0.7", "::1"));
  EXPECT_TRUE(
      find_secret(folder_, 7).key().signed_it("x", control::bytes_of(secret->key().sign("x"))));
  const auto file = place->secret_file();
  place.reset();
  EXPECT_FALSE(std::filesystem::exists(folder_ / ".launch"));
  EXPECT_THROW(find_judge(folder_), Error);
}

TEST_F(MeetingPlaceTest, WhatAKilledLauncherLeftIsRemovedByItsOwn) {
  std::filesystem::path left;
  {
    MeetingPlace place(folder_);
    place.draw_secret(8);
    place.write({8, {"127.0.0.1"}, 1});
    left = place.secret_file();
    std::filesystem::copy_file(left, folder_ / "kept");
    std::filesystem::copy_file(folder_ / ".launch/judge", folder_ / "judge");
  }
  std::filesystem::create_directories(left.parent_path());
  std::filesystem::copy_file(folder_ / "kept", left);
  std::filesystem::copy_file(folder_ / "judge", folder_ / ".launch/judge");
  forget_meeting_place(left.parent_path() / "0000000000000009.secret");  // of another job
  EXPECT_EQ(find_judge(folder_).job, 8u);
  forget_meeting_place(left);
  EXPECT_FALSE(std::filesystem::exists(folder_ / ".launch"));
  EXPECT_THROW(find_judge(folder_), Error);

  std::filesystem::create_directories(left.parent_path());
  std::filesystem::copy_file(folder_ / "kept", left);
  MeetingPlace next(folder_);
  EXPECT_FALSE(std::filesystem::exists(left));
}

}  // namespace
}  // namespace tutti::launch
