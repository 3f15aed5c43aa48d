// A peer's end of the control channel: comes again when a connection ends, and knows when the judge
// is lost. It has no thread: everything, handlers too, happens on the one that runs the context.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "launch/control/channel.h"
#include "launch/control/handshake.h"

namespace tutti::control {

struct ClientOptions {
  std::vector<std::string> addresses = {"127.0.0.1"};  // numeric, of the judge; tried in turn
  int port = 0;
  std::string job;
  Peer peer;
  // Without a word from the judge for so long, connecting and connecting again included, it is
  // lost.
  std::chrono::milliseconds patience{7000};
  // The judge listens from before its peers are started to its end: where all of its addresses
  // refuse a connection it is lost at once.
  bool refused_is_lost = false;
  Timing timing{.handshake = std::chrono::milliseconds(2000)};  // connecting included
};

class Client {
 public:
  struct Handlers {
    std::function<void()> connected;  // and again after each interruption
    std::function<void(const Message&)> message;
    std::function<void(const std::string& why)> interrupted;  // it will be tried again
    // The judge is lost, or said not to come again. Once, and the last.
    std::function<void(const std::string& why)> abandoned;
  };

  // Begins to connect. Throws CommunicationError for an address that is none.
  Client(boost::asio::io_context& context, std::shared_ptr<const Secret> secret,
         ClientOptions options, Handlers handlers);
  ~Client();  // no handler is called again
  Client(const Client&) = delete;

  // False, and nothing is sent, while not connected or when too much waits to be written.
  bool send(const Message& message);
  // Calls `done`, and no other handler, when the judge has read all that was sent; also when it has
  // not for timing.silence, or is not connected. Nothing can be sent any more.
  void finish(std::function<void()> done);
  bool connected() const;
  bool judge_ended() const;      // abandoned() was called because all of its addresses refuse
  size_t waiting_bytes() const;  // sent and not yet written: how far the judge is behind

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace tutti::control
