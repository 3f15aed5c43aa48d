#include "launch/page/page_server.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

#include "core/base/error.h"
#include "tests/launch/page/made_status.h"

namespace tutti {
namespace {

using std::chrono_literals::operator""ms;
using testing::HasSubstr;
using testing::StartsWith;

// A browser of few words: what it is told to send, and what comes back.
class PageReader {
 public:
  explicit PageReader(int port) : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(handle_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(handle_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  PageReader(PageReader&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  ~PageReader() {
    if (handle_ >= 0) ::close(handle_);
  }

  void send(const std::string& text) const {
    [[maybe_unused]] const auto sent = ::send(handle_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  void ask(const std::string& path, const std::string& method = "GET") const {
    send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  // A head and as much behind it as it says.
  std::string answer(bool head = false) {
    std::string text;
    size_t whole = std::string::npos;
    while (whole == std::string::npos || text.size() < whole) {
      char piece[65536];
      const ssize_t got = ::recv(handle_, piece, sizeof piece, 0);
      if (got <= 0) return text;
      text.append(piece, static_cast<size_t>(got));
      const size_t end = text.find("\r\n\r\n"), length = text.find("Content-Length: ");
      if (end != std::string::npos)
        whole = end + 4 + (head ? 0 : std::stoul(text.substr(length + 16)));
    }
    return text;
  }
  bool closed() const {
    char byte;
    return ::recv(handle_, &byte, 1, 0) == 0;
  }

 private:
  int handle_;
};

class PageServerTest : public testing::Test {
 protected:
  void serve(PageOptions options = {}) {
    server_ = std::make_unique<PageServer>(context_, std::move(options), [this] {
      ++asked_;
      return testing_support::made_status();
    });
    thread_ = std::jthread([this] { context_.run(); });
  }
  ~PageServerTest() override {
    boost::asio::post(context_, [this] { server_.reset(); });
    if (thread_.joinable()) thread_.join();
  }
  PageReader reader() const { return PageReader(server_->port()); }

  boost::asio::io_context context_;
  std::unique_ptr<PageServer> server_;
  std::atomic<int> asked_{0};
  std::jthread thread_;
};

TEST_F(PageServerTest, ServesThePageWhatItShowsAndMetrics) {
  serve();
  PageReader browser = reader();
  browser.ask("/");
  EXPECT_THAT(browser.answer(), HasSubstr("<!doctype html>"));
  browser.ask("/status.json");
  EXPECT_THAT(browser.answer(), HasSubstr("\"step\":1234"));
  browser.ask("/metrics");
  EXPECT_THAT(browser.answer(), HasSubstr("\ntutti_step 1234\n"));
  browser.ask("/metrics", "HEAD");
  EXPECT_THAT(browser.answer(true), testing::EndsWith("\r\n\r\n"));
  browser.ask("/", "DELETE");
  EXPECT_THAT(browser.answer(), StartsWith("HTTP/1.1 405"));
  EXPECT_EQ(asked_, 1);  // an answer may be a little old
}

TEST_F(PageServerTest, TwoHundredConnectionsAndTenThousandRequests) {
  serve({.fresh = 0ms});
  std::vector<PageReader> browsers;
  for (int i = 0; i < 200; ++i) browsers.push_back(reader());
  int answered = 0;
  for (int turn = 0; turn < 50; ++turn) {
    for (const auto& browser : browsers) browser.ask(turn % 2 ? "/metrics" : "/status.json");
    for (auto& browser : browsers) answered += browser.answer().starts_with("HTTP/1.1 200");
  }
  EXPECT_EQ(answered, 10000);
}

TEST_F(PageServerTest, WhoIsTooSlowOrTooLargeOrMakesNoSenseIsSentAway) {
  serve({.patience = 200ms});
  PageReader slow = reader();
  slow.send("GET / HT");
  EXPECT_TRUE(slow.closed());
  PageReader large = reader();
  large.send("GET /" + std::string(100000, 'a') + " HTTP/1.1\r\n");
  // The answer is lost where the connection ends with bytes unread.
  EXPECT_THAT(large.answer(), testing::AnyOf("", StartsWith("HTTP/1.1 431")));
  PageReader strange = reader();
  strange.send("\x16\x03\x01 hello\r\n\r\n");
  EXPECT_THAT(strange.answer(), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(strange.closed());
  PageReader body = reader();
  body.send("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_THAT(body.answer(), StartsWith("HTTP/1.1 400"));
}

TEST_F(PageServerTest, WhenTooManyAreThereTheOneThatAskedLongestAgoGoes) {
  serve({.connections = 2});
  PageReader first = reader();
  first.ask("/metrics");
  EXPECT_THAT(first.answer(), StartsWith("HTTP/1.1 200"));
  PageReader second = reader();
  second.ask("/metrics");
  EXPECT_THAT(second.answer(), StartsWith("HTTP/1.1 200"));
  first.ask("/metrics");
  EXPECT_THAT(first.answer(), StartsWith("HTTP/1.1 200"));
  PageReader third = reader();
  third.ask("/metrics");
  EXPECT_THAT(third.answer(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(second.closed());
  first.ask("/metrics");
  EXPECT_THAT(first.answer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(PageServerTest, WhatOthersCanReachNeedsAToken) {
  EXPECT_THROW(PageServer(context_, {.address = "0.0.0.0"}, [] { return RunStatus(); }), Error);
  EXPECT_THROW(PageServer(context_, {.address = "localhost"}, [] { return RunStatus(); }), Error);
  const std::string token = draw_page_token();
  EXPECT_EQ(token.size(), 32U);
  serve({.address = "0.0.0.0", .token = token, .hosts = {"node1"}});
  EXPECT_EQ(server_->url(), "http://node1:" + std::to_string(server_->port()) + "/?token=" + token);
  PageReader browser = reader();
  browser.ask("/metrics");
  EXPECT_THAT(browser.answer(), StartsWith("HTTP/1.1 401"));
  browser.ask("/metrics?token=" + token);
  EXPECT_THAT(browser.answer(), StartsWith("HTTP/1.1 200"));
}

// What headless Chromium makes of an address: its document, and what it says on the console.
std::string browsed(const std::string& url) {
  std::string profile = (std::filesystem::temp_directory_path() / "tutti_page_XXXXXX").string();
  if (!mkdtemp(profile.data())) return "";
  const std::string command =
      "timeout 100 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
      "--no-first-run --disable-background-networking --enable-logging=stderr "
      "--virtual-time-budget=4000 --user-data-dir=" +
      profile + " --dump-dom '" + url + "' 2>&1";
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  char piece[4096];
  while (const size_t got = std::fread(piece, 1, sizeof piece, pipe)) text.append(piece, got);
  ::pclose(pipe);
  std::error_code ignored;
  std::filesystem::remove_all(profile, ignored);
  return text;
}

TEST_F(PageServerTest, ABrowserShowsTheRunAndNoMarkupOfIt) {
  if (std::system("command -v chromium > /dev/null 2>&1") != 0) GTEST_SKIP() << "no chromium";
  serve();
  const std::string shown = browsed(server_->url());
  EXPECT_THAT(shown, HasSubstr("&lt;img src=x onerror=alert(1)&gt;"));
  EXPECT_THAT(shown, testing::Not(HasSubstr("<img")));
  EXPECT_THAT(
      shown,
      HasSubstr("rank 2 on node1 is slow at computing: it works 2.0 times as long as the others"));
  EXPECT_THAT(shown, HasSubstr("waits for rank 2"));
  EXPECT_THAT(shown, HasSubstr("<polyline points="));
  EXPECT_THAT(shown, testing::Not(HasSubstr("CONSOLE")));
}

TEST_F(PageServerTest, APortThatIsTakenIsNamed) {
  serve();
  try {
    PageServer(context_, {.port = server_->port()}, [] { return RunStatus(); });
    FAIL();
  } catch (const CommunicationError& error) {
    EXPECT_THAT(error.what(), HasSubstr(":" + std::to_string(server_->port()) + "]"));
  }
}

TEST(PageAddress, IsAPortOrAnAddressWithOne) {
  EXPECT_EQ(parse_page_address("8080").port, 8080);
  EXPECT_EQ(parse_page_address("8080").address, "127.0.0.1");
  EXPECT_EQ(parse_page_address("0.0.0.0:0").address, "0.0.0.0");
  EXPECT_EQ(parse_page_address("[::1]:80").address, "::1");
  for (const char* wrong : {"", ":", "host:80", "-1", "65536", "80x", "1.2.3.4", "::1:", "[::1]"})
    EXPECT_THROW(parse_page_address(wrong), Error) << wrong;
}

}  // namespace
}  // namespace tutti
