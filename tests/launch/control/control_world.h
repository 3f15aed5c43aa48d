// A judge, clients and whoever else connects, all on the thread of the test: nothing happens but in
// until() and run_for().
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/error.h"
#include "launch/control/client.h"
#include "launch/control/server.h"

namespace tutti::control::testing_support {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Loaded machines are slow, and tests should be fast.
inline constexpr Timing kTiming{.handshake = 1000ms, .keepalive = 50ms, .silence = 500ms};

// A connection that says what the test wants.
class RawPeer {
 public:
  explicit RawPeer(int port) : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(handle_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  RawPeer(RawPeer&& other) noexcept
      : handle_(std::exchange(other.handle_, -1)), connected_(other.connected_) {}
  RawPeer& operator=(RawPeer&&) = delete;
  ~RawPeer() {
    if (handle_ >= 0) ::close(handle_);
  }

  bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    [[maybe_unused]] const auto sent =
        ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  // What has come; `closed` when the other side ended it.
  std::string take() {
    std::string bytes(65536, '\0');
    const ssize_t got = ::recv(handle_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    closed_ = closed_ || got == 0 || (got < 0 && errno != EAGAIN);
    bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return bytes;
  }
  bool closed() {
    take();
    return closed_;
  }

 private:
  int handle_;
  bool connected_ = false, closed_ = false;
};

inline Message report(uint64_t number) {
  Message message;
  message.mutable_report()->set_number(number);
  return message;
}

// What happened to one client, in order.
struct ClientSeen {
  int connected = 0, interrupted = 0;
  std::vector<Message> messages;
  std::string abandoned, why;
};

class ControlWorld : public testing::Test {
 protected:
  ControlWorld() { start_judge(); }

  void start_judge(int port = 0) {
    server_.reset();
    ServerOptions options{.port = port, .job = kJob, .ranks = 8, .guests = 64, .timing = kTiming};
    server_ = std::make_unique<Server>(
        context_, secret_, options,
        Server::Handlers{
            [this](const Peer& peer) { there_.push_back(text_of(peer)), ++connected_; },
            [this](const Peer& peer, const Message& message) {
              messages_.emplace_back(text_of(peer), message);
              if (on_message_) on_message_(peer, message);
            },
            [this](const Peer& peer, const std::string& why) {
              std::erase(there_, text_of(peer));
              lost_.push_back(why);
            },
            [this](const std::string& why) { refused_.push_back(why); }});
  }

  ClientOptions client_options(int rank, int port = 0) const {
    return {.port = port ? port : server_->port(),
            .job = kJob,
            .peer = {SUPERVISOR, rank},
            .patience = 2500ms,
            .timing = kTiming};
  }
  std::unique_ptr<Client> client(const ClientOptions& options, ClientSeen& seen) {
    return std::make_unique<Client>(
        context_, secret_, options,
        Client::Handlers{[&seen] { ++seen.connected; },
                         [&seen](const Message& message) { seen.messages.push_back(message); },
                         [&seen](const std::string& why) { ++seen.interrupted, seen.why = why; },
                         [&seen](const std::string& why) { seen.abandoned = why; }});
  }

  // A raw peer that has shown who it is: what it sends next is a sealed frame.
  struct Proven {
    RawPeer peer;
    SessionKeys keys;
    std::string challenge, proof;
  };
  Proven prove(const Identity& identity, std::shared_ptr<const Secret> secret) {
    RawPeer peer(server_->port());
    ClientHandshake handshake(std::move(secret), identity);
    peer.send(plain_frame(handshake.greeting()));
    std::string answer;
    EXPECT_TRUE(until([&] { return !(answer += peer.take()).empty(); }));
    FrameReader reader("raw", kGreetingBytes);
    reader.feed(answer);
    const std::string challenge = reader.next().value();
    const std::string proof = plain_frame(handshake.answer(challenge, "raw"));
    peer.send(proof);
    return {std::move(peer), handshake.keys(), challenge, proof};
  }
  static Identity identity(int rank) { return {kJob, {SUPERVISOR, rank}, random_bytes(16)}; }

  static Message answer(const std::string& text) {
    Message message;
    message.mutable_resize_answer()->set_text(text);
    return message;
  }

  template <typename Condition>
  bool until(const Condition& condition, std::chrono::milliseconds patience = 30s) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      context_.restart();
      context_.run_one_for(5ms);
    }
    return true;
  }
  void run_for(std::chrono::milliseconds time) {
    until([] { return false; }, time);
  }
  bool is_there(const std::string& peer) const {
    return std::find(there_.begin(), there_.end(), peer) != there_.end();
  }
  static bool any_has(const std::vector<std::string>& lines, const std::string& words) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(words) != std::string::npos;
    });
  }

  static constexpr const char* kJob = "0123456789abcdef";
  boost::asio::io_context context_;
  std::shared_ptr<const Secret> secret_ = std::make_shared<const Secret>(Secret::draw());
  std::unique_ptr<Server> server_;
  std::vector<std::string> there_, lost_, refused_;
  int connected_ = 0;
  std::vector<std::pair<std::string, Message>> messages_;
  std::function<void(const Peer&, const Message&)> on_message_;
};

}  // namespace tutti::control::testing_support
