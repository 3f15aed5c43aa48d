#include "launch/control/server.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/launch/control/control_world.h"

namespace tutti::control::testing_support {
namespace {

using testing::HasSubstr;

class ControlServer : public ControlWorld {};

TEST_F(ControlServer, CarriesMessagesBothWays) {
  std::vector<ClientSeen> seen(4);
  std::vector<std::unique_ptr<Client>> clients;
  for (int rank = 0; rank < 4; ++rank) clients.push_back(client(client_options(rank), seen[rank]));
  ASSERT_TRUE(until([&] { return there_.size() == 4; }));
  ASSERT_TRUE(until([&] {
    return std::all_of(seen.begin(), seen.end(),
                       [](const auto& one) { return one.connected == 1; });
  }));
  for (uint64_t step = 0; step < 100; ++step)
    for (auto& one : clients) ASSERT_TRUE(one->send(report(step)));
  ASSERT_TRUE(until([&] { return messages_.size() == 400; }));
  std::map<std::string, uint64_t> next;
  for (const auto& [peer, message] : messages_)
    EXPECT_EQ(message.report().number(), next[peer]++) << peer;

  const Message sent = answer(std::string("\xff no text", 10));
  ASSERT_TRUE(server_->send({SUPERVISOR, 2}, sent));
  EXPECT_FALSE(server_->send({SUPERVISOR, 7}, sent));
  EXPECT_FALSE(server_->send({SUPERVISOR, 2, 1}, sent));
  ASSERT_TRUE(until([&] { return !seen[2].messages.empty(); }));
  EXPECT_EQ(seen[2].messages[0].resize_answer().text(), sent.resize_answer().text());
  EXPECT_TRUE(seen[0].messages.empty());

  clients[1].reset();
  ASSERT_TRUE(until([&] { return !is_there("rank 1"); }));
  EXPECT_EQ(lost_.size(), 1u);
  EXPECT_TRUE(refused_.empty());
}

TEST_F(ControlServer, KeepsConnectionsOverQuietTimes) {
  ClientSeen seen;
  const auto one = client(client_options(0), seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  run_for(kTiming.silence * 4);
  EXPECT_EQ(seen.interrupted, 0);
  EXPECT_TRUE(lost_.empty());
}

// A process that was stopped finds that time has passed, and that its peers did speak meanwhile.
TEST_F(ControlServer, StandingStillIsNotThePeersSilence) {
  ClientSeen seen;
  const auto one = client(client_options(0), seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(kTiming.silence + 200ms);
    run_for(100ms);
  }
  EXPECT_EQ(seen.interrupted, 0);
  EXPECT_TRUE(lost_.empty());
}

TEST_F(ControlServer, ManyMoreThanMayWaitComeAtOnce) {
  constexpr int kRanks = 400;
  server_->set_ranks(kRanks);
  std::vector<ClientSeen> seen(kRanks);
  std::vector<std::unique_ptr<Client>> clients;
  for (int rank = 0; rank < kRanks; ++rank)
    clients.push_back(client(client_options(rank), seen[rank]));
  ASSERT_TRUE(until([&] { return there_.size() == kRanks; }));
  ASSERT_TRUE(until([&] {
    return std::all_of(seen.begin(), seen.end(),
                       [](const auto& one) { return one.connected == 1; });
  }));
  for (auto& one : clients) ASSERT_TRUE(one->send(report(1)));
  ASSERT_TRUE(until([&] { return messages_.size() == kRanks; }));
}

TEST_F(ControlServer, TheFirstOfARankKeepsItsPlace) {
  ClientSeen first, second, restarted;
  const auto a = client(client_options(3), first);
  ASSERT_TRUE(until([&] { return first.connected == 1; }));
  const auto b = client(client_options(3), second);
  ASSERT_TRUE(until([&] { return !second.abandoned.empty(); }));
  EXPECT_THAT(second.abandoned, HasSubstr("rank 3 is connected already, from control 127.0.0.1:"));
  EXPECT_EQ(second.connected, 0);
  EXPECT_TRUE(any_has(refused_, "rank 3 is connected already"));
  ClientOptions options = client_options(3);
  options.peer.world = 2;
  const auto c = client(options, restarted);
  ASSERT_TRUE(until([&] { return restarted.connected == 1; }));  // another place
  ASSERT_TRUE(a->send(report(1)));
  ASSERT_TRUE(until([&] { return messages_.size() == 1; }));
  EXPECT_TRUE(lost_.empty());
}

TEST_F(ControlServer, ASentAwayPeerDoesNotComeAgainAndItsPlaceIsFree) {
  ClientSeen first, second;
  const auto a = client(client_options(3), first);
  ASSERT_TRUE(until([&] { return first.connected == 1; }));
  server_->drop({SUPERVISOR, 3}, "[judge] rank 3 was evicted; start it again");
  EXPECT_TRUE(lost_.empty());  // not from inside the call
  ASSERT_TRUE(until([&] { return lost_.size() == 1; }));
  const auto b = client(client_options(3), second);
  ASSERT_TRUE(until([&] { return second.connected == 1; }));
  ASSERT_TRUE(until([&] { return !first.abandoned.empty(); }));
  EXPECT_EQ(first.abandoned, "[judge] rank 3 was evicted; start it again");
  EXPECT_FALSE(a->send(report(1)));
  run_for(300ms);
  EXPECT_EQ(lost_.size(), 1u);
  EXPECT_TRUE(refused_.empty());
}

TEST_F(ControlServer, RanksThatAreNotInTheJobAreRefusedUntilItGrows) {
  ClientSeen seen;
  const auto one = client(client_options(8), seen);
  ASSERT_TRUE(until([&] { return any_has(refused_, "greets as rank 8 of 8"); }));
  server_->set_ranks(9);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
}

TEST_F(ControlServer, WhoDoesNotTakeMessagesHoldsNoMemory) {
  Proven slow = prove(identity(0), secret_);
  ASSERT_TRUE(until([&] { return is_there("rank 0"); }));
  Message lines;
  lines.mutable_log_lines()->add_lines()->set_text(std::string(500000, 'x'));
  int taken = 0;
  while (taken < 1000 && server_->send({SUPERVISOR, 0}, lines)) {
    ++taken;
    context_.poll();
  }
  EXPECT_LT(taken, 100);
  ASSERT_TRUE(until([&] { return lost_.size() == 1; }));  // it says nothing either
  EXPECT_THAT(lost_[0], HasSubstr("was silent for 500 ms"));
}

TEST_F(ControlServer, CallsNothingAfterItsEnd) {
  ClientSeen seen;
  const auto one = client(client_options(0), seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  RawPeer guest(server_->port());
  run_for(50ms);
  const auto lost = lost_.size(), refused = refused_.size();
  server_.reset();
  run_for(100ms);
  EXPECT_EQ(lost_.size(), lost);
  EXPECT_EQ(refused_.size(), refused);
  EXPECT_EQ(seen.interrupted > 0, true);
  EXPECT_TRUE(guest.closed());
}

TEST_F(ControlServer, AnAddressThatIsNotOursIsAnError) {
  try {
    Server(context_, secret_, {.address = "192.0.2.1", .job = kJob}, {});
    FAIL() << "listens at an address of nobody";
  } catch (const CommunicationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("[control 192.0.2.1:0] cannot listen"));
  }
}

}  // namespace
}  // namespace tutti::control::testing_support
