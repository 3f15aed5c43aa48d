// The one exception, and the name that was probably meant.
#include "core/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace tutti {
namespace {

// The definition, by trying all three edits everywhere: exponential, for short words.
int slow_distance(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return static_cast<int>(a.size() + b.size());
  const int substituted = slow_distance(a.substr(1), b.substr(1)) + (a[0] == b[0] ? 0 : 1);
  return std::min(
      {slow_distance(a.substr(1), b) + 1, slow_distance(a, b.substr(1)) + 1, substituted});
}

TEST(Error, SaysWhereFirstAndCarriesItsExitCode) {
  try {
    fail(ExitCode::data, "iris.csv:7:2", "{} is not a number; mend the cell", "'x'");
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "[iris.csv:7:2] 'x' is not a number; mend the cell");
    EXPECT_EQ(error.code(), ExitCode::data);
    return;
  }
  FAIL() << "nothing was thrown";
}

TEST(Error, BlamesTheJobUnlessTold) {
  try {
    fail("dense", "units is {}; use 1 or more", 0);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::job);
    return;
  }
  FAIL() << "nothing was thrown";
}

TEST(Error, StaysWhatItIsWhenItIsReworded) {
  try {
    try {
      throw CommunicationError("rank 2 did not answer");
    } catch (Error& error) {
      error.reword(std::string("[dense] ") + error.what());
      throw;
    }
  } catch (const CommunicationError& error) {
    EXPECT_STREQ(error.what(), "[dense] rank 2 did not answer");
    EXPECT_EQ(error.code(), ExitCode::communication);
    return;
  }
  FAIL() << "its type was lost";
}

TEST(Error, ALostPeerIsAnErrorOfItsOwn) {
  const CommunicationError lost("[mpi] rank 2 did not answer; start again");
  EXPECT_EQ(static_cast<const Error&>(lost).code(), ExitCode::communication);
}

TEST(Nearest, IsTheCandidateOfLeastEditDistance) {
  const std::vector<std::string> candidates = {"relu", "elu", "gelu", "selu", "tanh", "softmax"};
  for (const std::string name : {"rleu", "geluu", "tan", "sofmax", "sel", "relu"}) {
    int best = 1000;
    for (const std::string& candidate : candidates) {
      best = std::min(best, slow_distance(name, candidate));
    }
    const std::string found = nearest(name, candidates);
    ASSERT_FALSE(found.empty()) << name;
    EXPECT_EQ(slow_distance(name, found), best) << name << " -> " << found;
  }
}

TEST(Nearest, IgnoresCase) { EXPECT_EQ(nearest("DENSE", {"Dropout", "Dense"}), "Dense"); }

TEST(Nearest, IsNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest("banana", {"relu", "tanh"}), "");
  EXPECT_EQ(nearest("", {"relu"}), "");
  EXPECT_EQ(nearest("relu", {}), "");
}

TEST(Nearest, DoesNotWorkOnHugeNames) {
  const std::string huge(100000, 'a');
  EXPECT_EQ(nearest(huge, {huge}), "");
}

TEST(DidYouMean, IsAnEndingForAMessage) {
  EXPECT_EQ(did_you_mean("Dens", {"Dense"}), ", did you mean 'Dense'?");
  EXPECT_EQ(did_you_mean("banana", {"Dense"}), "");
}

}  // namespace
}  // namespace tutti
