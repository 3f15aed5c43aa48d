#include "launch/launcher/absence.h"

#include <gtest/gtest.h>

namespace tutti::launch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Absence, IsToldOnceAndByItsLength) {
  const Absence::Time begin{};
  Absence absence(begin);
  EXPECT_FALSE(absence.look(begin + milliseconds(500)));
  EXPECT_FALSE(absence.just_ended(begin + milliseconds(500)));
  EXPECT_EQ(absence.look(begin + seconds(20)), seconds(19));
  EXPECT_TRUE(absence.just_ended(begin + seconds(21)));
  EXPECT_FALSE(absence.look(begin + seconds(21)));
  EXPECT_FALSE(absence.just_ended(begin + seconds(25)));
}

}  // namespace
}  // namespace tutti::launch
