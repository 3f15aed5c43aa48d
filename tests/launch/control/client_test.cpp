#include "launch/control/client.h"

#include <gmock/gmock.h>

#include "tests/launch/control/control_world.h"

namespace tutti::control::testing_support {
namespace {

using std::chrono::steady_clock;
using testing::HasSubstr;

class ControlClient : public ControlWorld {};

TEST_F(ControlClient, ComesAgainToAJudgeThatWasAwayAShortTime) {
  ClientSeen seen;
  const auto one = client(client_options(5), seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  const int port = server_->port();
  server_.reset();
  ASSERT_TRUE(until([&] { return seen.interrupted > 0; }));
  EXPECT_FALSE(one->send(report(1)));
  run_for(200ms);
  there_.clear();
  start_judge(port);
  ASSERT_TRUE(until([&] { return seen.connected == 2; }));
  EXPECT_TRUE(is_there("rank 5"));
  ASSERT_TRUE(one->send(report(2)));
  ASSERT_TRUE(until([&] { return messages_.size() == 1; }));
  EXPECT_TRUE(seen.abandoned.empty());
}

// A wait of 0.3 to 0.55 s between two attempts is over by then.
TEST_F(ControlClient, ComesAgainSoonWhereAnAttemptTookLong) {
  using boost::asio::ip::tcp;
  tcp::acceptor slow(context_, {boost::asio::ip::make_address("127.0.0.1"), 0});
  ClientOptions options = client_options(0, slow.local_endpoint().port());
  options.patience = 20s;
  ClientSeen seen;
  const auto one = client(options, seen);
  steady_clock::duration pause{};
  for (int attempt = 1; attempt <= 5; ++attempt) {
    std::optional<tcp::socket> visitor;
    slow.async_accept([&](const auto&, tcp::socket socket) { visitor.emplace(std::move(socket)); });
    const auto begin = steady_clock::now();
    ASSERT_TRUE(until([&] { return visitor.has_value(); }));
    pause = steady_clock::now() - begin;
    run_for(600ms);
    visitor.reset();
    ASSERT_TRUE(until([&] { return seen.interrupted == attempt; }));
  }
  EXPECT_LT(pause, 250ms);
}

TEST_F(ControlClient, GivesUpAJudgeThatIsGone) {
  ClientSeen seen;
  const auto one = client(client_options(0), seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  const auto begin = steady_clock::now();
  server_.reset();
  ASSERT_TRUE(until([&] { return !seen.abandoned.empty(); }));
  EXPECT_LT(steady_clock::now() - begin, 4s);  // patience, and a slow machine
  EXPECT_THAT(seen.abandoned, HasSubstr("no word from the judge for 2500 ms, at last: "));
  EXPECT_THAT(seen.abandoned, HasSubstr("cannot be reached: Connection refused"));
  const int interrupted = seen.interrupted;
  EXPECT_LT(interrupted, 30);  // it does not hammer
  run_for(300ms);
  EXPECT_EQ(seen.interrupted, interrupted);
}

TEST_F(ControlClient, KnowsAtOnceThatAJudgeHasEnded) {
  ClientOptions options = client_options(0);
  options.refused_is_lost = true;
  ClientSeen seen;
  const auto one = client(options, seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  EXPECT_FALSE(one->judge_ended());
  server_.reset();
  ASSERT_TRUE(until([&] { return !seen.abandoned.empty(); }, 1500ms));  // before its patience ends
  EXPECT_THAT(seen.abandoned, HasSubstr("refuses connections: the launcher has ended"));
  EXPECT_TRUE(one->judge_ended());
}

// As behind a link that is down: it takes connections, and says nothing.
TEST_F(ControlClient, GivesUpAJudgeThatSaysNothing) {
  boost::asio::ip::tcp::acceptor mute(context_, {boost::asio::ip::make_address("127.0.0.1"), 0});
  ClientOptions options = client_options(0, mute.local_endpoint().port());
  ClientSeen seen;
  const auto one = client(options, seen);
  ASSERT_TRUE(until([&] { return !seen.abandoned.empty(); }));
  EXPECT_EQ(seen.connected, 0);
  EXPECT_THAT(seen.abandoned, HasSubstr("no word from the judge"));
}

TEST_F(ControlClient, BelievesNoOtherJudge) {
  const auto own = secret_;
  secret_ = std::make_shared<const Secret>(Secret::draw());
  ClientSeen seen;
  const auto one = client(client_options(0), seen);
  secret_ = own;
  ASSERT_TRUE(until([&] { return !seen.abandoned.empty(); }));
  EXPECT_EQ(seen.connected, 0);
  EXPECT_THAT(seen.abandoned, HasSubstr("no word from the judge for 2500 ms, at last: [control "));
  EXPECT_THAT(seen.abandoned, HasSubstr("does not know the job's secret"));
  EXPECT_EQ(connected_, 0);
}

TEST_F(ControlClient, TriesEachAddress) {
  ClientOptions options = client_options(0);
  options.addresses = {"127.0.0.2", "127.0.0.1"};  // the judge listens at the second alone
  ClientSeen seen;
  const auto one = client(options, seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  EXPECT_EQ(seen.interrupted, 1);
  options.addresses = {"judge.example"};
  EXPECT_THROW(client(options, seen), CommunicationError);
}

// A process may end as soon as done() is called, and nothing of what it said is lost.
TEST_F(ControlClient, IsFinishedWhenTheJudgeHasReadAll) {
  for (int round = 0; round < 20; ++round) {
    messages_.clear();
    ClientSeen seen;
    auto one = client(client_options(0), seen);
    ASSERT_TRUE(until([&] { return seen.connected == 1; }));
    Message lines;
    lines.mutable_log_lines()->add_lines()->set_text(std::string(100000, 'x'));
    int sent = 0, done = 0;
    while (one->send(lines)) {
      ++sent;
      server_->send({SUPERVISOR, 0}, report(1));  // which nobody may ever read
    }
    one->finish([&] {
      EXPECT_EQ(messages_.size(), static_cast<size_t>(sent));
      ++done;
      one.reset();
    });
    EXPECT_FALSE(one->send(lines));
    ASSERT_TRUE(until([&] { return done == 1; }));
    ASSERT_TRUE(until([&] { return there_.empty(); }));
    EXPECT_EQ(done, 1);
    EXPECT_EQ(seen.interrupted, 0);
  }
  ClientSeen seen;
  auto one = client(client_options(0, 1), seen);  // to nobody
  bool done = false;
  one->finish([&] { done = true; });
  ASSERT_TRUE(until([&] { return done; }));
}

TEST_F(ControlClient, CallsNothingAfterItsEnd) {
  ClientSeen seen;
  auto one = client(client_options(0), seen);
  one.reset();  // while it connects
  run_for(100ms);
  one = client(client_options(0), seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  server_->send({SUPERVISOR, 0}, report(1));
  server_.reset();
  one.reset();
  run_for(100ms);
  EXPECT_EQ(seen.connected, 1);
  EXPECT_EQ(seen.interrupted, 0);
  EXPECT_TRUE(seen.messages.empty() && seen.abandoned.empty());
}

}  // namespace
}  // namespace tutti::control::testing_support
