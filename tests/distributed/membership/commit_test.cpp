#include "distributed/membership/commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "distributed/membership/commit_buffers.h"
#include "distributed/membership/commit_ledger.h"

namespace tutti::membership {
namespace {

using testing::Each;
using testing::ElementsAre;

// Worlds of up to `most` ranks on up to four hosts, in every order of ranks.
void for_each_world(int most, const std::function<void(const std::vector<std::string>&)>& check) {
  std::vector<std::string> hosts;
  const std::function<void()> grow = [&] {
    if (!hosts.empty()) check(hosts);
    if (static_cast<int>(hosts.size()) == most) return;
    for (const char* host : {"a", "b", "c", "d"}) {
      hosts.push_back(host);
      grow();
      hosts.pop_back();
    }
  };
  grow();
}

TEST(Buddies, AreOnAnotherHostAndShareTheLoad) {
  for_each_world(6, [](const std::vector<std::string>& hosts) {
    const std::vector<int> buddy = buddies(hosts);
    std::map<std::string, size_t> ranks;
    for (const std::string& host : hosts) ++ranks[host];
    size_t most = 0;
    for (const auto& [host, count] : ranks) most = std::max(most, count);
    std::vector<size_t> copies(hosts.size());
    for (size_t rank = 0; rank < hosts.size(); ++rank) {
      ++copies[buddy[rank]];
      if (ranks.size() == 1)
        ASSERT_EQ(buddy[rank], static_cast<int>(rank));
      else
        ASSERT_NE(hosts[buddy[rank]], hosts[rank]) << testing::PrintToString(hosts);
    }
    const size_t others = hosts.size() - most;
    const size_t fair = 2 * most <= hosts.size() || others == 0 ? 1 : (most + others - 1) / others;
    ASSERT_THAT(copies, Each(testing::Le(fair))) << testing::PrintToString(hosts);
  });
}

TEST(Commit, IsReadableWhileEachShareIsHeldSomewhere) {
  const Commit commit{1, 1, 10, 0, {{{"a", 1}, {"b", 1}}, {{"b", 1}, {"a", 1}}}};
  const auto without = [&](const std::string& lost) {
    return readable_at(commit, [&](const Place& place) { return place.host != lost; });
  };
  EXPECT_THAT(*without("none"), ElementsAre("a", "b"));
  EXPECT_THAT(*without("a"), ElementsAre("b", "b"));
  EXPECT_EQ(readable_at(commit, [](const Place&) { return false; }), std::nullopt);
}

TEST(CommitBuffers, TheSegmentOfTheNewestCompleteCommitIsNeverWritten) {
  CommitBuffers buffers;
  EXPECT_TRUE(buffers.free());
  const CommitProgress first = buffers.begin(10);
  EXPECT_EQ(first.number, 1u);
  EXPECT_FALSE(buffers.free());
  EXPECT_TRUE(buffers.decide({1, true}));
  EXPECT_FALSE(buffers.decide({1, true})) << "told again";
  const CommitProgress second = buffers.begin(20);
  EXPECT_NE(second.buffer, first.buffer);
  EXPECT_FALSE(buffers.decide({2, false}));
  EXPECT_EQ(buffers.begin(30).buffer, second.buffer) << "an abandoned one is written over";
}

TEST(CommitBuffers, ACommitMayBeAbandonedBeforeItBegins) {
  CommitBuffers buffers;
  EXPECT_FALSE(buffers.decide({1, false}));
  EXPECT_EQ(buffers.begin(10).number, 1u);
  EXPECT_TRUE(buffers.free());
  EXPECT_EQ(buffers.begin(20).number, 2u);
  EXPECT_FALSE(buffers.free());
}

CommitProgress whole(uint64_t number, int64_t step, int buffer = 0) {
  return {.number = number, .step = step, .buffer = buffer, .written = true, .copied = true};
}

TEST(CommitLedger, CompleteIsWhatEveryRankHasWrittenAndCopied) {
  CommitLedger ledger(3, {"a", "b"});
  EXPECT_FALSE(ledger.note(0, 7, whole(1, 10)));
  CommitProgress half = whole(1, 10);
  half.copied = false;
  EXPECT_FALSE(ledger.note(1, 8, half));
  EXPECT_EQ(ledger.decision(), Decision{});
  const auto commit = ledger.note(1, 8, whole(1, 10));
  EXPECT_EQ(commit, (Commit{3, 1, 10, 0, {{{"a", 7}, {"b", 8}}, {{"b", 8}, {"a", 7}}}}));
  EXPECT_EQ(ledger.decision(), (Decision{1, true}));
  EXPECT_FALSE(ledger.note(0, 7, whole(1, 10))) << "told again";
}

TEST(CommitLedger, ACommitThatARankGivesUpIsAbandoned) {
  CommitLedger ledger(3, {"a", "b"});
  ledger.note(0, 7, whole(1, 10));
  ledger.note(1, 8, {.number = 1, .step = 10, .failed = true});
  EXPECT_EQ(ledger.decision(), (Decision{1, false}));
  ledger.note(0, 7, whole(2, 20));
  EXPECT_EQ(ledger.note(1, 8, whole(2, 20))->number, 2u);
}

TEST(CommitLedger, RanksThatDifferAndStepsThatDoNotGrowAreAbandoned) {
  CommitLedger ledger(3, {"a", "b"});
  ledger.note(0, 7, whole(1, 10));
  EXPECT_FALSE(ledger.note(1, 8, whole(1, 11)));
  EXPECT_EQ(ledger.decision(), (Decision{1, false}));
  ledger.note(0, 7, whole(2, 20));
  EXPECT_FALSE(ledger.note(1, 8, whole(2, 20, 1))) << "another segment";
  ledger.note(0, 7, whole(3, 30));
  EXPECT_TRUE(ledger.note(1, 8, whole(3, 30)));
  ledger.note(0, 7, whole(4, 30));
  EXPECT_EQ(ledger.decision(), (Decision{4, false})) << "two commits of one step";
}

}  // namespace
}  // namespace tutti::membership
