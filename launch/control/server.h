// The judge's end of the control channel: peers that proved themselves, and what they say. It has
// no thread: everything, handlers too, happens on the one that runs the context. Who has not proved
// itself is limited in time, in bytes and in number: where too many wait, the oldest is closed, so
// that idle sockets cannot keep anybody out.
//
// A message arrives whole, unaltered, once and in order as long as its connection lasts. What is on
// its way when a connection ends may be lost: what has to arrive is said again until it is
// answered.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "launch/control/channel.h"
#include "launch/control/handshake.h"

namespace tutti::control {

struct ServerOptions {
  std::string address = "127.0.0.1";  // numeric; interface_address() gives that of an interface
  int port = 0;                       // 0: a free one
  std::string job;                    // at most 64 bytes; no secret
  int ranks = 1;                      // those below may come
  size_t guests = 128;                // who have not proved themselves, at once
  Timing timing{.silence = std::chrono::milliseconds(5000)};
};

class Server {
 public:
  // For each peer connected() and lost() take turns. None is called from inside a call of this
  // class.
  struct Handlers {
    std::function<void(const Peer&)> connected;
    std::function<void(const Peer&, const Message&)> message;
    std::function<void(const Peer&, const std::string& why)> lost;
    // Who was not let in, a line each. Who logs them bounds them: anybody may connect.
    std::function<void(const std::string& why)> refused;
  };

  // Listens at once. Throws CommunicationError where it cannot.
  Server(boost::asio::io_context& context, std::shared_ptr<const Secret> secret,
         ServerOptions options, Handlers handlers);
  ~Server();  // closes all; no handler is called again
  Server(const Server&) = delete;

  int port() const;
  void set_ranks(int ranks);  // for those who come from now on

  // False when the peer is not connected, or does not take what it was sent before.
  bool send(const Peer& peer, const Message& message);
  // Tells the peer not to come again, and why; lost() follows at once, and its place is free.
  void drop(const Peer& peer, const std::string& why);

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace tutti::control
