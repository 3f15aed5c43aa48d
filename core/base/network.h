// TCP, as a seam: Network::current() is the machine's, or a test's that loses or delays bytes. For
// small control messages; gradients travel through a Communicator.
// Every failure throws CommunicationError naming the peer; every wait has a deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/base/seam.h"

namespace tutti {

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void send(const void* data, size_t bytes,
                    std::chrono::milliseconds timeout) = 0;  // all of it
  virtual void receive(void* data, size_t bytes,
                       std::chrono::milliseconds timeout) = 0;  // all of it
  virtual std::string peer() const = 0;                         // "10.0.0.7:4711"
};

class Listener {
 public:
  virtual ~Listener() = default;
  virtual int port() const = 0;
  virtual std::unique_ptr<Connection> accept(
      std::chrono::milliseconds timeout) = 0;  // null: nobody came
};

class Network : public Seam<Network> {
 public:
  virtual ~Network() = default;
  virtual std::string host_name() = 0;
  // Port 0 takes a free one. `address` is where to listen: "127.0.0.1", or "0.0.0.0" for all.
  virtual std::unique_ptr<Listener> listen(const std::string& address, int port) = 0;
  virtual std::unique_ptr<Connection> connect(const std::string& host, int port,
                                              std::chrono::milliseconds timeout) = 0;

  static Network& real();
};

}  // namespace tutti
