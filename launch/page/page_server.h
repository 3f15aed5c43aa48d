// The live page of a run, over HTTP: `/` the page, `/status.json` what it shows, `/metrics` the
// same for Prometheus. It reads and changes nothing. It has no thread: everything happens on the
// one that runs the context.
//
// Anybody may connect, so: GET and HEAD alone, three exact paths, headers and time and connections
// bounded. A request must name in Host a name of this server, or a page elsewhere that a browser
// was lured to could read it (DNS rebinding). Off loopback it also needs the token, as `?token=` or
// as `Authorization: Bearer`. The page loads nothing from elsewhere and runs no script but its own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "launch/page/run_status.h"

namespace tutti {

struct PageOptions {
  std::string address = "127.0.0.1";  // numeric
  int port = 0;                       // 0: a free one
  std::string token = {};             // needed where the address is not loopback
  // Names under which it may be asked for, besides its address and, on loopback, localhost.
  std::vector<std::string> hosts = {};
  size_t connections = 256;  // at once; then the one that asked longest ago is closed
  std::chrono::milliseconds patience = std::chrono::seconds(10);     // for a request, or its answer
  std::chrono::milliseconds idle = std::chrono::seconds(60);         // between two requests
  std::chrono::milliseconds fresh = std::chrono::milliseconds(200);  // as old may an answer be
};

// "[ADDRESS:]PORT" as `--page` takes it: "8080", "0.0.0.0:8080", "[::1]:0". Throws Error (usage).
PageOptions parse_page_address(const std::string& text);

std::string draw_page_token();  // 32 hex digits of the system's generator

class PageServer {
 public:
  // Listens at once; throws CommunicationError where it cannot, Error (usage) off loopback without
  // a token. `status` is asked when a page is, at most once in `fresh`.
  PageServer(boost::asio::io_context& context, PageOptions options,
             std::function<RunStatus()> status);
  ~PageServer();  // closes all
  PageServer(const PageServer&) = delete;

  int port() const;
  std::string url() const;  // for a browser; holds the token, so it is not for a log

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace tutti
