// One TCP connection of the control channel, of either end: frames in and out, and what ends it.
// All of it happens on the thread that runs the context.
#pragma once

#include <utility>  // Boost 1.74 forgets it

#include <array>
#include <boost/asio.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "launch/control/frame.h"

namespace tutti::control {

struct Timing {
  std::chrono::milliseconds handshake{5000};  // for all of it, whatever comes meanwhile
  std::chrono::milliseconds keepalive{1000};  // an empty frame at least so often
  std::chrono::milliseconds silence{3000};    // nothing for so long, and the connection is lost
};

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  struct Handlers {
    // A payload; keepalives are not passed on. A CommunicationError thrown here ends the channel.
    std::function<void(const std::string& payload)> frame;
    // Once, never from inside a call of this class, and the last.
    std::function<void(const std::string& why)> ended;
  };

  Channel(Socket socket, const Timing& timing);
  void start(Handlers handlers);  // reads plain frames

  void send_plain(std::string_view payload);
  // From the next frame on, both ways. What was read and not yet made into frames counts as sealed.
  void seal(Key outgoing, Key incoming);
  // False, and nothing is sent, when more than 4 MiB wait to be written or it has ended.
  bool send(std::string_view payload);

  void end(const std::string& why);  // a line that begins with where()
  // The same when what was sent has been taken, or has not for `keepalive`; nothing is read any
  // more.
  void end_after_sending(const std::string& why);
  void abandon();  // closes it; no handler is called again

  const std::string& where() const { return where_; }  // "control 10.0.0.7:4711"
  size_t waiting_bytes() const { return waiting_bytes_; }
  // The last frame that only the peer can have sent; the clock's origin before the first.
  std::chrono::steady_clock::time_point heard() const { return heard_; }

 private:
  void read();
  void take(std::string_view bytes);
  void write(std::string frame);
  void flush();
  void watch();
  void tick();

  Socket socket_;
  boost::asio::steady_timer timer_;
  Timing timing_;
  std::string where_;
  Handlers handlers_;
  FrameReader reader_;
  std::optional<FrameSealer> sealer_;
  std::array<char, 16384> buffer_;
  size_t received_ = 0;  // before it was sealed
  std::deque<std::string> waiting_;
  size_t waiting_bytes_ = 0;
  std::chrono::steady_clock::time_point heard_{}, ticked_{}, listening_{};
  std::string farewell_;  // why it ends when all is written
  bool ended_ = false, muted_ = false;
};

}  // namespace tutti::control
