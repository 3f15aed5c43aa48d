// Somebody between a client and the judge who knows where frames begin and end, and not the secret.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <fstream>
#include <map>

#include "core/base/random.h"
#include "tests/launch/control/control_world.h"

namespace tutti::control::testing_support {
namespace {

using boost::asio::ip::tcp;
using testing::HasSubstr;

// Hands on frames, and whatever `meddle` makes of the n-th of a direction.
class Middle {
 public:
  using Meddle = std::function<std::vector<std::string>(bool to_judge, int number, std::string)>;

  Middle(boost::asio::io_context& context, int judge_port)
      : context_(context),
        judge_(boost::asio::ip::make_address("127.0.0.1"), static_cast<uint16_t>(judge_port)),
        acceptor_(context, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    accept();
  }
  int port() const { return acceptor_.local_endpoint().port(); }

  Meddle meddle = [](bool, int, std::string frame) { return std::vector{std::move(frame)}; };
  bool deaf = false;  // as when the link is down: nothing goes on, nothing ends
  std::string heard;  // all that went through

 private:
  struct Line {
    tcp::socket ends[2];  // the client's, the judge's
    std::string held[2];
    int count[2] = {0, 0};
    std::array<char, 4096> buffer[2];
  };

  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (error) return;
      auto line =
          std::make_shared<Line>(Line{{std::move(socket), tcp::socket(context_)}, {}, {}, {}});
      line->ends[1].connect(judge_);
      lines_.push_back(line);
      for (const int from : {0, 1}) pump(line, from);
      accept();
    });
  }

  void pump(const std::shared_ptr<Line>& line, int from) {
    line->ends[from].async_read_some(
        boost::asio::buffer(line->buffer[from]),
        [this, line, from](const boost::system::error_code& error, size_t size) {
          boost::system::error_code ignored;
          if (deaf) return;
          if (error) return static_cast<void>(line->ends[1 - from].close(ignored));
          heard.append(line->buffer[from].data(), size);
          line->held[from].append(line->buffer[from].data(), size);
          hand_on(*line, from);
          pump(line, from);
        });
  }

  void hand_on(Line& line, int from) {
    std::string& held = line.held[from];
    while (held.size() >= 4) {
      size_t length = 4;
      for (int i = 0; i < 4; ++i)
        length += static_cast<size_t>(static_cast<unsigned char>(held[i])) << (8 * (3 - i));
      if (held.size() < length) return;
      const std::string frame = held.substr(0, length);
      held.erase(0, length);
      boost::system::error_code ignored;
      for (const std::string& out : meddle(from == 0, line.count[from]++, frame)) {
        boost::asio::write(line.ends[1 - from], boost::asio::buffer(out), ignored);
        if (out.size() < length) line.ends[1 - from].close(ignored);  // cut
      }
    }
  }

  boost::asio::io_context& context_;
  tcp::endpoint judge_;
  tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<Line>> lines_;  // open as long as nobody closes them
};

class ControlMiddle : public ControlWorld {
 protected:
  ControlMiddle() : middle_(context_, server_->port()) {}

  // Sends messages until the judge lost the rank by `words`, and checks that those that arrived are
  // the first of those that were sent.
  void expect_ended(Middle::Meddle meddle, const std::string& words) {
    lost_.clear(), messages_.clear();
    middle_.meddle = std::move(meddle);
    ClientSeen seen;
    auto one = client(client_options(2, middle_.port()), seen);
    uint64_t step = 0;
    ASSERT_TRUE(until([&] {
      if (seen.connected == 1 && seen.interrupted == 0 && step < 20) one->send(report(step++));
      return !lost_.empty();
    })) << words;
    EXPECT_THAT(lost_[0], HasSubstr(words));
    for (size_t i = 0; i < messages_.size(); ++i)
      EXPECT_EQ(messages_[i].second.report().number(), i);
    EXPECT_LT(messages_.size(), 20u);
    middle_.meddle = [](bool, int, std::string frame) { return std::vector{std::move(frame)}; };
    // Left alone, it comes again by itself.
    ASSERT_TRUE(until([&] { return seen.connected >= 2; }));
    one.reset();
    ASSERT_TRUE(until([&] { return there_.empty(); }));
  }

  Middle middle_;
};

TEST_F(ControlMiddle, HandsOnWhatIsLeftAlone) {
  ClientSeen seen;
  const auto one = client(client_options(2, middle_.port()), seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  ASSERT_TRUE(one->send(report(3)));
  ASSERT_TRUE(until([&] { return messages_.size() == 1; }));
}

TEST_F(ControlMiddle, CannotAlterFrames) {
  for (const size_t at : {0, 3, 4, 11, 12, 20, 40}) {
    expect_ended(
        [at](bool to_judge, int number, std::string frame) {
          if (to_judge && number == 6 && at < frame.size())
            frame[at] = static_cast<char>(frame[at] ^ 1);
          return std::vector{frame};
        },
        "[control 127.0.0.1:");
  }
  expect_ended(
      [](bool to_judge, int number, std::string frame) {
        if (to_judge && number == 6) frame.back() = static_cast<char>(frame.back() ^ 0x80);
        return std::vector{frame};
      },
      "a frame was altered on its way");
}

TEST_F(ControlMiddle, CannotRepeatReorderOrTakeAwayFrames) {
  expect_ended(
      [](bool to_judge, int number, const std::string& frame) {
        return to_judge && number == 6 ? std::vector{frame, frame} : std::vector{frame};
      },
      "came where 5 was due: frames were repeated, reordered or taken away");
  std::string kept;
  expect_ended(
      [&](bool to_judge, int number, const std::string& frame) -> std::vector<std::string> {
        if (to_judge && number == 5) return kept = frame, std::vector<std::string>{};
        return to_judge && number == 6 ? std::vector{frame, kept} : std::vector{frame};
      },
      "frame 4 came where 3 was due");
  expect_ended(
      [](bool to_judge, int number, const std::string& frame) {
        return to_judge && number == 6 ? std::vector<std::string>{} : std::vector{frame};
      },
      "frame 5 came where 4 was due");
}

TEST_F(ControlMiddle, CannotPlayAnEarlierSession) {
  std::map<int, std::string> earlier;
  expect_ended(
      [&](bool to_judge, int number, const std::string& frame) {
        if (to_judge) earlier[number] = frame;
        if (to_judge && number == 6) return std::vector{frame, frame};
        return std::vector{frame};
      },
      "frames were repeated");
  expect_ended(
      [&](bool to_judge, int number, const std::string& frame) {
        return std::vector{to_judge && number == 5 ? earlier[5] : frame};
      },
      "a frame was altered on its way");
}

TEST_F(ControlMiddle, CannotTurnFramesRound) {
  std::string from_judge;
  expect_ended(
      [&](bool to_judge, int number, const std::string& frame) {
        if (!to_judge && number == 1) from_judge = frame;  // its first sealed one
        return std::vector{to_judge && number == 2 && !from_judge.empty() ? from_judge : frame};
      },
      "a frame was altered on its way");
}

TEST_F(ControlMiddle, ACutFrameIsNoMessage) {
  expect_ended(
      [](bool to_judge, int number, const std::string& frame) {
        return std::vector{to_judge && number == 6 ? frame.substr(0, frame.size() / 2) : frame};
      },
      "the connection ended in the middle of a frame");
}

TEST_F(ControlMiddle, AltersTheJudgesWordsNoMoreThanTheClients) {
  ClientSeen seen;
  const auto one = client(client_options(2, middle_.port()), seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  middle_.meddle = [](bool to_judge, int, std::string frame) {
    if (!to_judge && frame.size() > 44) frame[20] = static_cast<char>(frame[20] ^ 1);
    return std::vector{frame};
  };
  server_->send({SUPERVISOR, 2}, answer("stuck"));
  ASSERT_TRUE(until([&] { return seen.interrupted == 1; }));
  EXPECT_TRUE(seen.messages.empty());
  EXPECT_THAT(seen.why, HasSubstr("a frame was altered on its way"));
}

TEST_F(ControlMiddle, CannotPassForAnyone) {  // it may alter greetings, challenges and proofs
  for (int number = 0; number < 2; ++number) {
    for (const bool to_judge : {true, false}) {
      middle_.meddle = [=](bool direction, int at, std::string frame) {
        if (direction == to_judge && at == number && frame.size() <= 260)
          frame.back() = static_cast<char>(frame.back() ^ 1);
        return std::vector{frame};
      };
      const int before = connected_;
      ClientOptions options = client_options(2, middle_.port());
      options.patience = 700ms;
      ClientSeen seen;
      const auto one = client(options, seen);
      ASSERT_TRUE(until([&] { return !seen.abandoned.empty(); }));
      EXPECT_EQ(seen.connected, 0);
      // The judge may take the client in, whose next frame from the judge is altered.
      if (to_judge) {
        EXPECT_EQ(connected_, before);
      }
    }
  }
}

// Whatever is done to frames, and however often: what is believed is the beginning of what was
// said.
TEST_F(ControlMiddle, GetsNothingBelievedByTryingOften) {
  Random random(11);
  std::string earlier = "nothing yet";
  const auto meddle = [&](bool, int, std::string frame) -> std::vector<std::string> {
    if (random.below(30) != 0) return {frame};
    const std::string before = std::exchange(earlier, frame);
    switch (random.below(6)) {
      case 0:
        frame[random.below(frame.size())] ^= static_cast<char>(1 << random.below(8));
        return {frame};
      case 1:
        return {frame, frame};
      case 2:
        return {frame, before};
      case 3:
        return {before};
      case 4:
        return {frame.substr(0, random.below(frame.size()))};
      default:
        return {};
    }
  };
  int ended = 0;
  for (int round = 0; round < 100; ++round) {
    messages_.clear();
    middle_.meddle = meddle;
    ClientSeen seen;
    uint64_t to_judge = 0, to_client = 0;
    auto one = client(client_options(2, middle_.port()), seen);
    ASSERT_TRUE(until([&] {
      if (seen.connected == 1 && seen.interrupted == 0) one->send(report(to_judge++));
      if (is_there("rank 2") && to_client < 50)
        to_client += server_->send({SUPERVISOR, 2}, report(to_client));
      return seen.interrupted > 0 || to_judge > 50;
    }));
    for (size_t i = 0; i < messages_.size(); ++i)
      ASSERT_EQ(messages_[i].second.report().number(), i) << "round " << round;
    for (size_t i = 1; i < seen.messages.size(); ++i)
      ASSERT_EQ(seen.messages[i].report().number(), seen.messages[i - 1].report().number() + 1);
    middle_.meddle = [](bool, int, std::string frame) { return std::vector{std::move(frame)}; };
    ended += seen.interrupted > 0;
    one.reset();
    ASSERT_TRUE(until([&] { return there_.empty(); }));
  }
  EXPECT_GT(ended, 30);
}

// The judge does not know yet that the old connection is dead when the client comes again.
TEST_F(ControlMiddle, WhoComesAgainTakesItsOwnPlace) {
  ClientSeen seen;
  ClientOptions options = client_options(2, middle_.port());
  options.timing.silence = 200ms;  // it notices before the judge does
  const auto one = client(options, seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  middle_.deaf = true;
  ASSERT_TRUE(until([&] { return seen.interrupted == 1; }));
  EXPECT_THAT(seen.why, HasSubstr("was silent for 200 ms"));
  middle_.deaf = false;
  ASSERT_TRUE(until([&] { return seen.connected == 2; }));
  EXPECT_TRUE(any_has(lost_, "rank 2 connected again"));
  ASSERT_TRUE(one->send(report(9)));
  ASSERT_TRUE(until([&] { return !messages_.empty(); }));
  EXPECT_EQ(there_, std::vector<std::string>{"rank 2"});
  EXPECT_TRUE(seen.abandoned.empty());
}

TEST_F(ControlMiddle, NeverSeesTheSecret) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  secret_->write(ends[1]);
  std::string raw(32, '\0');
  ASSERT_EQ(::read(ends[0], raw.data(), 32), 32);
  ::close(ends[0]), ::close(ends[1]);

  ClientSeen seen, second;
  const auto one = client(client_options(2, middle_.port()), seen);
  ASSERT_TRUE(until([&] { return seen.connected == 1; }));
  const auto two = client(client_options(2, middle_.port()), second);
  ASSERT_TRUE(until([&] { return !second.abandoned.empty(); }));
  for (uint64_t step = 0; step < 20; ++step) one->send(report(step));
  ASSERT_TRUE(until([&] { return messages_.size() == 20; }));

  std::string said = middle_.heard + second.abandoned + second.why + seen.why;
  for (const auto& lines : {refused_, lost_})
    for (const std::string& line : lines) said += line;
  for (const auto& [peer, message] : messages_) said += message.DebugString();
  for (const char* path : {"/proc/self/cmdline", "/proc/self/environ"}) {
    std::ifstream file(path, std::ios::binary);
    said.append(std::istreambuf_iterator<char>(file), {});
  }
  std::string hex, capitals;
  for (const char byte : raw) {
    hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    capitals += fmt::format("{:02X}", static_cast<unsigned char>(byte));
  }
  // Eight bytes of it would be too many.
  for (size_t at = 0; at + 8 <= raw.size(); ++at) {
    EXPECT_EQ(said.find(raw.substr(at, 8)), std::string::npos);
    EXPECT_EQ(said.find(hex.substr(2 * at, 16)), std::string::npos);
    EXPECT_EQ(said.find(capitals.substr(2 * at, 16)), std::string::npos);
  }
}

}  // namespace
}  // namespace tutti::control::testing_support
