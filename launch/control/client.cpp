#include "launch/control/client.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"

namespace tutti::control {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstWait{50}, kLongestWait{1000};

std::vector<tcp::endpoint> endpoints_of(const ClientOptions& options) {
  std::vector<tcp::endpoint> endpoints;
  for (const std::string& address : options.addresses) {
    error_code error;
    endpoints.emplace_back(asio::ip::make_address(address, error),
                           static_cast<uint16_t>(options.port));
    if (error)
      throw CommunicationError(
          fmt::format("[control] '{}' is no address; give one such as 10.0.0.7", address));
  }
  if (endpoints.empty()) throw CommunicationError("[control] no address of the judge; give one");
  return endpoints;
}

}  // namespace

class Client::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& context, std::shared_ptr<const Secret> secret, ClientOptions options,
        Handlers handlers)
      : context_(context),
        secret_(std::move(secret)),
        options_(std::move(options)),
        handlers_(std::move(handlers)),
        endpoints_(endpoints_of(options_)),
        instance_(random_bytes(16)),
        retry_(context),
        patience_(context) {}

  void begin() {
    heard_ = steady_clock::now();
    watch();
    attempt();
  }

  void close() {
    closed_ = true;
    stop();
  }

  void finish(std::function<void()> done) {
    done_ = std::move(done);
    const bool told = std::exchange(connected_, false);
    const auto channel = told ? std::exchange(channel_, nullptr) : nullptr;
    stop();
    if (channel)
      channel->end_after_sending("finished");
    else
      asio::post(context_, [self = shared_from_this()] { self->finished(); });
  }

  void stop() {
    stopped_ = true;
    connected_ = false;
    retry_.cancel();
    patience_.cancel();
    error_code ignored;
    if (connecting_) connecting_->close(ignored);
    if (channel_) channel_->abandon();
    channel_.reset();
  }

  bool send(const Message& message) {
    if (!connected_) return false;
    SessionFrame frame;
    *frame.mutable_message() = message;
    return channel_->send(frame.SerializeAsString());
  }

  bool connected() const { return connected_; }
  bool judge_ended() const { return options_.refused_is_lost && refusals_ >= endpoints_.size(); }
  size_t waiting_bytes() const { return channel_ ? channel_->waiting_bytes() : 0; }

 private:
  void attempt() {
    attempted_ = steady_clock::now();
    endpoint_ = endpoints_[attempts_++ % endpoints_.size()];
    connecting_ = std::make_shared<tcp::socket>(context_);
    retry_.expires_after(options_.timing.handshake);
    retry_.async_wait([self = shared_from_this(), socket = connecting_](const error_code& error) {
      error_code ignored;
      if (!error) socket->close(ignored);  // its handler goes on
    });
    connecting_->async_connect(
        endpoint_, [self = shared_from_this(), socket = connecting_](const error_code& error) {
          if (self->stopped_) return;
          self->retry_.cancel();
          self->connecting_.reset();
          self->refusals_ = error == asio::error::connection_refused ? self->refusals_ + 1 : 0;
          if (self->judge_ended())
            self->abandon(
                fmt::format("[{}] refuses connections: the launcher has ended; start the "
                            "job again with --resume",
                            self->where()));
          else if (error || !socket->is_open())
            self->interrupt(fmt::format("[{}] cannot be reached: {}; check that the launcher runs",
                                        self->where(), error ? error.message() : "no answer"));
          else
            self->greet(std::move(*socket));
        });
  }

  void finished() {
    const auto done = std::exchange(done_, nullptr);
    if (done && !closed_) done();
  }

  std::string where() const {
    return fmt::format("control {}:{}", endpoint_.address().to_string(), endpoint_.port());
  }

  void greet(tcp::socket socket) {
    handshake_ = std::make_unique<ClientHandshake>(
        secret_, Identity{options_.job, options_.peer, instance_});
    channel_ = std::make_shared<Channel>(std::move(socket), options_.timing);
    channel_->start({
        [self = shared_from_this()](const std::string& payload) { self->hear(payload); },
        [self = shared_from_this()](const std::string& why) {
          self->stopped_ ? self->finished() : self->interrupt(why);
        },
    });
    channel_->send_plain(handshake_->greeting());
  }

  void hear(const std::string& payload) {
    if (stopped_) return;
    if (handshake_) return answer(payload);
    SessionFrame frame;
    const bool understood = frame.ParseFromString(payload);
    if (understood && frame.has_message() && connected_) {
      handlers_.message(frame.message());
    } else if (understood && frame.has_welcome() && !connected_) {
      connected_ = true;
      wait_ = kFirstWait;
      handlers_.connected();
    } else if (understood && frame.has_refusal()) {
      abandon(frame.refusal().reason());
    } else {
      throw CommunicationError(fmt::format(
          "[{}] sent what is no message; run one version of Tutti on all hosts", where()));
    }
  }

  void answer(const std::string& challenge) {
    channel_->send_plain(handshake_->answer(challenge, channel_->where()));
    SessionKeys keys = handshake_->keys();
    channel_->seal(std::move(keys.to_judge), std::move(keys.to_client));
    handshake_.reset();
  }

  void interrupt(const std::string& why) {
    if (channel_) heard_ = std::max(heard_, channel_->heard());
    channel_.reset();
    handshake_.reset();
    connected_ = false;
    last_reason_ = why;
    // Not all ranks at once; and not at once again where the connection itself fails. What an
    // attempt took counts as waited: where answers are slow, time is what there is least of.
    const auto some = [part = 75 + static_cast<int>(random_bytes(1)[0] & 0x3F)](milliseconds wait) {
      return wait * part / 100;
    };
    retry_.expires_at(std::max(steady_clock::now() + some(kFirstWait), attempted_ + some(wait_)));
    wait_ = std::min(2 * wait_, kLongestWait);
    retry_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && !self->stopped_) self->attempt();
    });
    handlers_.interrupted(why);
  }

  // The judge's last word may be newer than this timer knew when it was set.
  void watch() {
    const auto last = last_word();
    patience_.expires_at(last + options_.patience);
    patience_.async_wait([self = shared_from_this(), last](const error_code& error) {
      if (error || self->stopped_) return;
      if (self->last_word() > last) return self->watch();
      self->abandon(
          fmt::format("[{}] no word from the judge for {} ms{}{}; check that the launcher "
                      "runs and its host can be reached",
                      self->where(), self->options_.patience.count(),
                      self->last_reason_.empty() ? "" : ", at last: ", self->last_reason_));
    });
  }

  steady_clock::time_point last_word() const {
    return channel_ ? std::max(heard_, channel_->heard()) : heard_;
  }

  void abandon(const std::string& why) {
    stop();
    asio::post(context_, [self = shared_from_this(), why] {
      if (!self->closed_) self->handlers_.abandoned(why);
    });
  }

  asio::io_context& context_;
  std::shared_ptr<const Secret> secret_;
  ClientOptions options_;
  Handlers handlers_;
  std::function<void()> done_;  // of finish()
  std::vector<tcp::endpoint> endpoints_;
  std::string instance_, last_reason_;
  tcp::endpoint endpoint_;
  size_t attempts_ = 0, refusals_ = 0;
  asio::steady_timer retry_, patience_;
  milliseconds wait_ = kFirstWait;
  std::shared_ptr<tcp::socket> connecting_;
  std::shared_ptr<Channel> channel_;
  std::unique_ptr<ClientHandshake> handshake_;  // while it lasts
  bool connected_ = false, stopped_ = false, closed_ = false;
  steady_clock::time_point heard_;  // the judge, before this channel
  steady_clock::time_point attempted_;
};

Client::Client(asio::io_context& context, std::shared_ptr<const Secret> secret,
               ClientOptions options, Handlers handlers)
    : state_(std::make_shared<State>(context, std::move(secret), std::move(options),
                                     std::move(handlers))) {
  state_->begin();
}

Client::~Client() { state_->close(); }
bool Client::send(const Message& message) { return state_->send(message); }
void Client::finish(std::function<void()> done) { state_->finish(std::move(done)); }
bool Client::judge_ended() const { return state_->judge_ended(); }
bool Client::connected() const { return state_->connected(); }
size_t Client::waiting_bytes() const { return state_->waiting_bytes(); }

}  // namespace tutti::control
