#include "launch/control/channel.h"

#include "core/base/error.h"
#include "launch/control/handshake.h"

namespace tutti::control {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr size_t kWaitingBytes = size_t{4} << 20;

std::string peer_of(const Channel::Socket& socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return "control";
  return fmt::format("control {}:{}", peer.address().to_string(), peer.port());
}

}  // namespace

Channel::Channel(Socket socket, const Timing& timing)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      timing_(timing),
      where_(peer_of(socket_)),
      reader_(where_, kGreetingBytes) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Channel::start(Handlers handlers) {
  handlers_ = std::move(handlers);
  watch();
  read();
}

void Channel::read() {
  const size_t room =
      sealer_ ? buffer_.size() : std::min(buffer_.size(), kHandshakeBytes - received_);
  if (room == 0)
    return end(
        fmt::format("[{}] sent {} bytes and no proof among them; check who connects to this "
                    "port",
                    where_, received_));
  socket_.async_read_some(
      asio::buffer(buffer_.data(), room),
      [self = shared_from_this()](const error_code& error, size_t bytes) {
        if (self->ended_) return;
        if (!error) return self->take({self->buffer_.data(), bytes});
        if (!self->farewell_.empty()) return self->end(self->farewell_);
        const char* cut = self->reader_.held() > 0 ? " in the middle of a frame" : "";
        self->end(fmt::format("[{}] the connection ended{}: {}; check that the peer runs",
                              self->where_, cut, error.message()));
      });
}

void Channel::take(std::string_view bytes) {
  received_ += bytes.size();
  try {
    if (farewell_.empty()) reader_.feed(bytes);
    while (!ended_ && farewell_.empty()) {
      const auto payload = reader_.next();
      if (!payload) break;
      if (sealer_) heard_ = steady_clock::now();
      if (!sealer_ || !payload->empty()) handlers_.frame(*payload);
    }
  } catch (const CommunicationError& error) {
    return end(error.what());
  }
  if (!ended_) read();
}

void Channel::send_plain(std::string_view payload) { write(plain_frame(payload)); }

void Channel::seal(Key outgoing, Key incoming) {
  sealer_.emplace(std::move(outgoing));
  reader_.expect_sealed(std::move(incoming));
  heard_ = ticked_ = listening_ = steady_clock::now();
  watch();
}

bool Channel::send(std::string_view payload) {
  if (ended_ || !farewell_.empty() || waiting_bytes_ > kWaitingBytes) return false;
  write(sealer_->frame(payload));
  return true;
}

void Channel::write(std::string frame) {
  waiting_bytes_ += frame.size();
  waiting_.push_back(std::move(frame));
  if (waiting_.size() == 1) flush();
}

void Channel::flush() {
  asio::async_write(socket_, asio::buffer(waiting_.front()),
                    [self = shared_from_this()](const error_code& error, size_t) {
                      if (self->ended_ || error) return;  // who reads learns of the error
                      self->waiting_bytes_ -= self->waiting_.front().size();
                      self->waiting_.pop_front();
                      error_code ignored;
                      if (!self->waiting_.empty())
                        self->flush();
                      else if (!self->farewell_.empty())
                        self->socket_.shutdown(Socket::shutdown_send, ignored);
                    });
}

void Channel::watch() {
  timer_.expires_after(!farewell_.empty() ? timing_.silence
                       : sealer_          ? timing_.keepalive
                                          : timing_.handshake);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error && !self->ended_) self->tick();
  });
}

void Channel::tick() {
  if (!farewell_.empty()) return end(farewell_);
  if (!sealer_)
    return end(
        fmt::format("[{}] did not prove itself within {} ms; check who connects to this port",
                    where_, timing_.handshake.count()));
  const auto now = steady_clock::now();
  // A process that was stopped itself has not listened: what came meanwhile is still to be read.
  if (now - ticked_ > timing_.keepalive + timing_.silence / 2) listening_ = now;
  ticked_ = now;
  if (now - std::max(heard_, listening_) > timing_.silence)
    return end(
        fmt::format("[{}] was silent for {} ms; check that the peer runs and the network is up",
                    where_, timing_.silence.count()));
  send("");
  watch();
}

void Channel::end(const std::string& why) {
  if (ended_) return;
  ended_ = true;
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  asio::post(socket_.get_executor(), [self = shared_from_this(), why] {
    const Handlers handlers = std::move(self->handlers_);
    self->handlers_ = {};
    if (!self->muted_) handlers.ended(why);
  });
}

void Channel::end_after_sending(const std::string& why) {
  if (ended_) return;
  farewell_ = why;
  error_code ignored;
  if (waiting_.empty()) socket_.shutdown(Socket::shutdown_send, ignored);
  watch();
}

void Channel::abandon() {
  muted_ = true;
  end("");
}

}  // namespace tutti::control
