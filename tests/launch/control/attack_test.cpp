// Who does not know the secret, and who knows it and misbehaves.
#include <gmock/gmock.h>
#include <malloc.h>

#include "core/base/random.h"
#include "tests/launch/control/control_world.h"
#include "tests/number_in_environment.h"

namespace tutti::control::testing_support {
namespace {

using testing::HasSubstr;

size_t held_bytes() { return mallinfo2().uordblks; }

class ControlAttack : public ControlWorld {
 protected:
  // A client of rank 0 that goes on all the time.
  void start_good_client() {
    good_ = client(client_options(0), seen_);
    ASSERT_TRUE(until([&] { return seen_.connected == 1; }));
  }
  // Milliseconds for `count` messages there and as many back.
  double exchange(uint64_t count) {
    on_message_ = [this](const Peer& peer, const Message& message) {
      server_->send(peer, message);
    };
    const auto begin = std::chrono::steady_clock::now();
    seen_.messages.clear();
    for (uint64_t step = 0; step < count; ++step) {
      EXPECT_TRUE(good_->send(report(step)));
      EXPECT_TRUE(until([&] { return seen_.messages.size() == step + 1; }));
    }
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
        .count();
  }

  std::string bytes(size_t count) {
    std::string text(count, '\0');
    for (char& byte : text) byte = static_cast<char>(random_.below(256));
    return text;
  }

  Random random_{tutti::testing_support::fault_seed(7)};
  ClientSeen seen_;
  std::unique_ptr<Client> good_;
};

// One attempt that must come to nothing. `old` is what was seen of a good handshake.
struct Attempt {
  RawPeer peer;
  bool ends;  // by the server, at once; the others at the deadline
};

class ControlHandshakes : public ControlAttack {
 protected:
  Attempt attempt(int kind) {
    if (kind == 7)  // a second of a rank that is there, by somebody who knows the secret
      return {prove(identity(0), secret_).peer, true};
    RawPeer peer(server_->port());
    const int rank = static_cast<int>(random_.below(8));
    ClientHandshake wrong(wrong_, identity(rank));
    switch (kind) {
      case 0:  // noise of any length
        peer.send(bytes(1 + random_.below(3000)));
        return {std::move(peer), false};
      case 1:  // 4 GiB, or 2, or just too much
        peer.send(std::array{std::string("\xff\xff\xff\xff", 4), std::string("\x80\0\0\0", 4),
                             std::string("\0\0\1\1", 4)}[random_.below(3)]);
        return {std::move(peer), true};
      case 2:  // a proof under another secret
        peer.send(plain_frame(wrong.greeting()));
        peer.send(plain_frame(proof(bytes(32))));
        return {std::move(peer), true};
      case 3:  // what was seen before, again
        peer.send(old_greeting_);
        peer.send(old_proof_);
        return {std::move(peer), true};
      case 4: {  // a part of a good one, and no more
        const std::string begin = (old_greeting_ + old_proof_);
        peer.send(begin.substr(0, random_.below(old_greeting_.size() + old_proof_.size())));
        return {std::move(peer), false};
      }
      case 5: {  // a good one with a bit flipped
        std::string altered = old_greeting_ + old_proof_;
        const size_t bit = random_.below(8 * altered.size());
        altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
        peer.send(altered);
        return {std::move(peer), false};
      }
      default:  // the proof before the greeting
        peer.send(old_proof_);
        peer.send(old_greeting_);
        return {std::move(peer), true};
    }
  }
  static std::string proof(const std::string& bytes) {
    Proof proof;
    proof.set_proof(bytes);
    return proof.SerializeAsString();
  }

  std::shared_ptr<const Secret> wrong_ = std::make_shared<const Secret>(Secret::draw());
  std::string old_greeting_, old_proof_;
};

TEST_F(ControlHandshakes, AThousandBadOnesAreRefused) {
  start_good_client();
  {  // a good one, seen by somebody
    ClientHandshake handshake(secret_, identity(1));
    RawPeer peer(server_->port());
    old_greeting_ = plain_frame(handshake.greeting());
    peer.send(old_greeting_);
    std::string answer;
    ASSERT_TRUE(until([&] { return !(answer += peer.take()).empty(); }));
    old_proof_ = plain_frame(handshake.answer(std::string_view(answer).substr(4), "raw"));
    peer.send(old_proof_);
    ASSERT_TRUE(until([&] { return is_there("rank 1"); }));
  }
  ASSERT_TRUE(until([&] { return !is_there("rank 1"); }));
  exchange(50);
  const size_t before = held_bytes();
  const int connected = connected_;
  const uint64_t count = std::max<uint64_t>(tutti::testing_support::fault_count(1000), 100);
  std::vector<Attempt> open;
  for (uint64_t i = 0; i < count; ++i) {
    open.push_back(attempt(static_cast<int>(i % 8)));
    ASSERT_TRUE(open.back().peer.connected());
    context_.restart();
    context_.poll();
    if (open.size() == 100) {
      for (Attempt& each : open) {
        if (each.ends) {
          EXPECT_TRUE(until([&] { return each.peer.closed(); })) << i;
        }
      }
      open.clear();
      exchange(5);
    }
  }
  ASSERT_TRUE(until([&] { return refused_.size() >= count; }));
  EXPECT_EQ(refused_.size(), count);
  RecordProperty("faults", std::to_string(count));
  EXPECT_EQ(connected_, connected);  // nobody was let in
  EXPECT_EQ(there_, std::vector<std::string>{"rank 0"});
  EXPECT_TRUE(seen_.interrupted == 0 && lost_.size() == 1);  // rank 1, which went
  for (const char* words : {"announces a frame", "does not know the job's secret", "no greeting",
                            "in the middle of a frame", "is connected already"})
    EXPECT_TRUE(any_has(refused_, words)) << words;
  EXPECT_LT(held_bytes(), before + (size_t{4} << 20));
}

TEST_F(ControlAttack, FiveHundredIdleSocketsKeepNobodyOut) {
  start_good_client();
  exchange(100);
  const double alone = exchange(500);
  std::vector<RawPeer> idle;
  for (int i = 0; i < 500; ++i) {
    idle.emplace_back(server_->port());
    ASSERT_TRUE(idle.back().connected());
    if (i % 3 == 0) idle.back().send(bytes(2));
    if (i % 16 == 0) run_for(1ms);
  }
  const double beside = exchange(500);
  ClientSeen newcomer;
  const auto late = client(client_options(1), newcomer);
  ASSERT_TRUE(until([&] { return newcomer.connected == 1; }));
  EXPECT_EQ(newcomer.interrupted, 0);
  EXPECT_TRUE(any_has(refused_, "waited longest of 64 that did not prove themselves"));
  ASSERT_TRUE(until([&] { return refused_.size() == 500; }));  // the last at the deadline
  EXPECT_TRUE(any_has(refused_, "did not prove itself within 1000 ms"));
  EXPECT_EQ(seen_.interrupted, 0);
  RecordProperty("milliseconds_alone", std::to_string(alone));
  RecordProperty("milliseconds_beside_idle", std::to_string(beside));
  EXPECT_LT(beside, 4 * alone + 100);  // the machine is shared; it is no scan of them per message
}

TEST_F(ControlAttack, SlownessDoesNotExtendTheDeadline) {
  const ClientHandshake handshake(secret_, identity(0));
  const std::string greeting = plain_frame(handshake.greeting());
  RawPeer peer(server_->port());
  const auto begin = std::chrono::steady_clock::now();
  for (const char byte : greeting) {
    peer.send({&byte, 1});
    run_for(20ms);
    if (peer.closed()) break;
  }
  EXPECT_TRUE(until([&] { return peer.closed() && !refused_.empty(); }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  EXPECT_TRUE(any_has(refused_, "did not prove itself within 1000 ms"));
}

TEST_F(ControlAttack, BytesBeforeAProofAreFew) {
  const ClientHandshake handshake(secret_, identity(0));
  std::string greeting = handshake.greeting();
  const size_t room = kGreetingBytes - greeting.size() - 3;  // for a field that nobody knows
  greeting += "\x7a" + std::string{static_cast<char>(room | 0x80), static_cast<char>(room >> 7)} +
              std::string(room, 'x');
  RawPeer peer(server_->port());
  peer.send(plain_frame(greeting.substr(0, kGreetingBytes)));
  ASSERT_TRUE(until([&] { return !peer.take().empty(); }));  // a good one, if a fat one
  peer.send(plain_frame(std::string(kGreetingBytes, 'x')));
  ASSERT_TRUE(until([&] { return refused_.size() == 1; }));
  EXPECT_THAT(refused_[0], HasSubstr("sent 512 bytes and no proof among them"));
  EXPECT_TRUE(peer.closed());
}

TEST_F(ControlAttack, APeerThatKnowsTheSecretCannotBreakTheJudge) {
  start_good_client();
  const auto refused_for = [&](const auto& send, const std::string& words) {
    lost_.clear();
    Proven bad = prove(identity(4), secret_);
    ASSERT_TRUE(until([&] { return is_there("rank 4"); }));
    FrameSealer sealer(std::move(bad.keys.to_judge));
    send(bad.peer, sealer);
    ASSERT_TRUE(until([&] { return lost_.size() == 1; })) << words;
    EXPECT_THAT(lost_[0], HasSubstr("[control 127.0.0.1:"));
    EXPECT_THAT(lost_[0], HasSubstr(words));
  };
  refused_for([](RawPeer& peer, FrameSealer&) { peer.send("\xff\xff\xff\xff"); },
              "announces a frame of 4294967295 bytes");
  refused_for([](RawPeer& peer, FrameSealer& sealer) { peer.send(sealer.frame("\xff\xff")); },
              "what is no message");
  refused_for([](RawPeer& peer, FrameSealer& sealer) { peer.send(sealer.frame("\x0a\x00")); },
              "what is no message");  // the judge's own words
  refused_for([](RawPeer& peer, FrameSealer&) { peer.send(plain_frame(std::string(60, 'p'))); },
              "was altered on its way");
  refused_for([](RawPeer&, FrameSealer&) {}, "was silent for 500 ms");
  exchange(10);
  EXPECT_EQ(seen_.interrupted, 0);
}

}  // namespace
}  // namespace tutti::control::testing_support
