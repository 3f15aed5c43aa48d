#include "core/base/network.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace tutti {
namespace {

using std::chrono::milliseconds;

[[noreturn]] void fail_peer(const std::string& peer, std::string_view what) {
  throw CommunicationError(
      fmt::format("[{}] {}; check that the peer runs and can be reached", peer, what));
}

class Socket {
 public:
  explicit Socket(int handle) : handle_(handle) {}
  ~Socket() {
    if (handle_ >= 0) ::close(handle_);
  }
  Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  operator int() const { return handle_; }

 private:
  int handle_;
};

// Waits for `events`; false when the deadline passed.
bool wait_socket(int handle, short events, Clock::Duration deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::current().now());
    pollfd wait{handle, events, 0};
    const int ready =
        ::poll(&wait, 1, static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1 << 30)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return true;  // the next call on the socket reports it
  }
}

std::string address_text(const sockaddr* address, socklen_t length) {
  char host[NI_MAXHOST] = "?", service[NI_MAXSERV] = "?";
  ::getnameinfo(address, length, host, sizeof host, service, sizeof service,
                NI_NUMERICHOST | NI_NUMERICSERV);
  return fmt::format("{}:{}", host, service);
}

class TcpConnection final : public Connection {
 public:
  TcpConnection(Socket socket, std::string peer)
      : socket_(std::move(socket)), peer_(std::move(peer)) {
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  void send(const void* data, size_t bytes, milliseconds timeout) override {
    transfer(bytes, timeout, POLLOUT, "send", [&](size_t done) {
      return ::send(socket_, static_cast<const char*>(data) + done, bytes - done, MSG_NOSIGNAL);
    });
  }
  void receive(void* data, size_t bytes, milliseconds timeout) override {
    transfer(bytes, timeout, POLLIN, "receive", [&](size_t done) {
      return ::recv(socket_, static_cast<char*>(data) + done, bytes - done, 0);
    });
  }
  std::string peer() const override { return peer_; }

 private:
  template <typename Move>
  void transfer(size_t bytes, milliseconds timeout, short events, const char* what,
                const Move& move) {
    const auto deadline = Clock::current().now() + timeout;
    for (size_t done = 0; done < bytes;) {
      const ssize_t moved = move(done);
      if (moved > 0) {
        done += static_cast<size_t>(moved);
      } else if (moved == 0) {
        fail_peer(peer_, fmt::format("closed the connection after {} of {} bytes", done, bytes));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (!wait_socket(socket_, events, deadline))
          fail_peer(peer_, fmt::format("did not {} {} bytes within {} ms",
                                       what[0] == 's' ? "take" : "send", bytes, timeout.count()));
      } else if (errno != EINTR) {
        fail_peer(peer_, fmt::format("cannot {}: {}", what, std::strerror(errno)));
      }
    }
  }

  Socket socket_;
  std::string peer_;
};

// The addresses of a host, freed with the object.
class AddressList {
 public:
  AddressList(const std::string& host, int port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first_);
    if (error != 0) fail_peer(fmt::format("{}:{}", host, port), ::gai_strerror(error));
  }
  ~AddressList() { ::freeaddrinfo(first_); }
  AddressList(const AddressList&) = delete;
  AddressList& operator=(const AddressList&) = delete;
  const addrinfo* first() const { return first_; }

 private:
  addrinfo* first_ = nullptr;
};

Socket open_socket(const addrinfo& address) {
  return Socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

class TcpListener final : public Listener {
 public:
  explicit TcpListener(Socket socket) : socket_(std::move(socket)) {}

  int port() const override {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                               : reinterpret_cast<sockaddr_in&>(address).sin_port);
  }

  std::unique_ptr<Connection> accept(milliseconds timeout) override {
    const auto deadline = Clock::current().now() + timeout;
    for (;;) {
      sockaddr_storage address{};
      socklen_t length = sizeof address;
      auto* raw = reinterpret_cast<sockaddr*>(&address);
      const int handle = ::accept4(socket_, raw, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (handle >= 0)
        return std::make_unique<TcpConnection>(Socket(handle), address_text(raw, length));
      const bool gone =
          errno == ECONNABORTED || errno == EINTR;  // before we could accept: not our error
      if (!gone && errno != EAGAIN && errno != EWOULDBLOCK)
        fail_peer(fmt::format("port {}", port()),
                  fmt::format("cannot accept: {}", std::strerror(errno)));
      if (!gone && !wait_socket(socket_, POLLIN, deadline)) return nullptr;
    }
  }

 private:
  Socket socket_;
};

class TcpNetwork final : public Network {
 public:
  std::string host_name() override {
    char name[256] = "";
    ::gethostname(name, sizeof name - 1);
    return name;
  }

  std::unique_ptr<Listener> listen(const std::string& address, int port) override {
    const AddressList addresses(address, port, AI_PASSIVE | AI_NUMERICHOST);
    const addrinfo& at = *addresses.first();
    Socket socket = open_socket(at);
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (socket < 0 || ::bind(socket, at.ai_addr, at.ai_addrlen) != 0 || ::listen(socket, 128) != 0)
      fail_peer(fmt::format("{}:{}", address, port),
                fmt::format("cannot listen: {}", std::strerror(errno)));
    return std::make_unique<TcpListener>(std::move(socket));
  }

  std::unique_ptr<Connection> connect(const std::string& host, int port,
                                      milliseconds timeout) override {
    const auto deadline = Clock::current().now() + timeout;
    const AddressList addresses(host, port, 0);
    std::string reason = "no address";
    for (const addrinfo* at = addresses.first(); at; at = at->ai_next) {
      Socket socket = open_socket(*at);
      int error = 0;
      if (socket < 0 || ::connect(socket, at->ai_addr, at->ai_addrlen) != 0) error = errno;
      if (error == EINPROGRESS) {
        socklen_t length = sizeof error;
        if (!wait_socket(socket, POLLOUT, deadline))
          error = ETIMEDOUT;
        else
          ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
      }
      if (error == 0)
        return std::make_unique<TcpConnection>(std::move(socket),
                                               address_text(at->ai_addr, at->ai_addrlen));
      reason = std::strerror(error);
    }
    fail_peer(fmt::format("{}:{}", host, port), fmt::format("cannot connect: {}", reason));
  }
};

}  // namespace

Network& Network::real() {
  static TcpNetwork network;
  return network;
}

}  // namespace tutti
