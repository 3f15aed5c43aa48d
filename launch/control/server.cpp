#include "launch/control/server.h"

#include <algorithm>
#include <list>
#include <map>
#include <optional>

#include "core/base/error.h"

namespace tutti::control {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kPause = std::chrono::milliseconds(100);  // when the process has no descriptor left

tcp::acceptor listen_at(asio::io_context& context, const std::string& address, int port) {
  try {
    const tcp::endpoint endpoint(asio::ip::make_address(address), static_cast<uint16_t>(port));
    return tcp::acceptor(context, endpoint);
  } catch (const boost::system::system_error& error) {
    throw CommunicationError(
        fmt::format("[control {}:{}] cannot listen: {}; choose another interface", address, port,
                    error.code().message()));
  }
}

}  // namespace

class Server::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& context, std::shared_ptr<const Secret> secret, ServerOptions options,
        Handlers handlers)
      : secret_(std::move(secret)),
        options_(std::move(options)),
        handlers_(std::move(handlers)),
        acceptor_(listen_at(context, options_.address, options_.port)),
        pause_(context) {}

  void accept() {
    acceptor_.async_accept(
        [self = shared_from_this()](const error_code& error, tcp::socket socket) {
          if (self->stopped_) return;
          if (!error) self->take_in(std::move(socket));
          if (!error || error == asio::error::connection_aborted) return self->accept();
          self->pause_.expires_after(kPause);
          self->pause_.async_wait([self](const error_code&) {
            if (!self->stopped_) self->accept();
          });
        });
  }

  void stop() {
    stopped_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& guest : guests_) guest->channel->abandon();
    for (const auto& [peer, member] : members_) member->channel->abandon();
    guests_.clear();
    members_.clear();
  }

  bool send(const Peer& peer, const Message& message) {
    const auto found = members_.find(peer);
    if (found == members_.end()) return false;
    SessionFrame frame;
    *frame.mutable_message() = message;
    return found->second->channel->send(frame.SerializeAsString());
  }

  void drop(const Peer& peer, const std::string& why) {
    const auto found = members_.find(peer);
    if (found == members_.end()) return;
    send_away(*found->second->channel, why);
    asio::post(acceptor_.get_executor(), [self = shared_from_this(), visit = found->second, why] {
      self->leave(visit, why);
    });
  }

  int port() const { return acceptor_.local_endpoint().port(); }
  void set_ranks(int ranks) { options_.ranks = ranks; }

 private:
  // A connection, as long as it is a guest or a member. One that is sent away ends by itself.
  struct Visit {
    std::shared_ptr<Channel> channel;
    JudgeHandshake handshake;
    bool greeted = false;
    std::optional<Identity> proven = std::nullopt;
  };
  using Visits = std::list<std::shared_ptr<Visit>>;

  void take_in(tcp::socket socket) {
    if (guests_.size() >= options_.guests) turn_out_oldest_guest();
    if (stopped_) return;
    const auto channel = std::make_shared<Channel>(std::move(socket), options_.timing);
    guests_.push_back(std::make_shared<Visit>(Visit{channel, JudgeHandshake(secret_)}));
    channel->start({
        [self = shared_from_this(), guest = std::weak_ptr(guests_.back())](const auto& payload) {
          if (const auto visit = guest.lock()) self->hear(visit, payload);
        },
        [self = shared_from_this(), guest = std::weak_ptr(guests_.back())](const auto& why) {
          if (const auto visit = guest.lock()) self->leave(visit, why);
        },
    });
  }

  void turn_out_oldest_guest() {
    const auto channel = guests_.front()->channel;
    guests_.pop_front();
    channel->abandon();
    handlers_.refused(fmt::format(
        "[{}] waited longest of {} that did not prove themselves; check who connects to this port",
        channel->where(), options_.guests));
  }

  void hear(const std::shared_ptr<Visit>& visit, const std::string& payload) {
    Channel& channel = *visit->channel;
    if (!visit->greeted) {
      channel.send_plain(
          visit->handshake.challenge(payload, options_.job, options_.ranks, channel.where()));
      visit->greeted = true;
    } else if (!visit->proven) {
      visit->handshake.check(payload, channel.where());
      visit->proven = visit->handshake.identity();
      guests_.remove(visit);
      SessionKeys keys = visit->handshake.keys();
      channel.seal(std::move(keys.to_client), std::move(keys.to_judge));
      give_place(visit);
    } else {
      SessionFrame frame;
      if (!frame.ParseFromString(payload) || !frame.has_message())
        throw CommunicationError(
            fmt::format("[{}] sent what is no message; run one version of Tutti on all hosts",
                        channel.where()));
      handlers_.message(visit->proven->peer, frame.message());
    }
  }

  // The first of a name keeps its place; only the same process, come again, takes over from itself.
  void give_place(const std::shared_ptr<Visit>& visit) {
    const Peer peer = visit->proven->peer;
    const auto before = members_.find(peer);
    if (before != members_.end()) {
      const auto old = before->second;
      if (old->proven->instance != visit->proven->instance) {
        const std::string why =
            fmt::format("[{}] {} is connected already, from {}; end one of the two",
                        visit->channel->where(), text_of(peer), old->channel->where());
        send_away(*visit->channel, why);
        handlers_.refused(why);
        return;
      }
      old->channel->abandon();
      leave(old, fmt::format("[{}] {} connected again", old->channel->where(), text_of(peer)));
      if (stopped_) return visit->channel->abandon();
    }
    members_[peer] = visit;
    SessionFrame frame;
    frame.mutable_welcome();
    visit->channel->send(frame.SerializeAsString());
    handlers_.connected(peer);
  }

  static void send_away(Channel& channel, const std::string& why) {
    SessionFrame frame;
    frame.mutable_refusal()->set_reason(why);
    channel.send(frame.SerializeAsString());
    channel.end_after_sending(why);
  }

  void leave(const std::shared_ptr<Visit>& visit, const std::string& why) {
    if (guests_.remove(visit) > 0) return handlers_.refused(why);
    const auto member = std::find_if(members_.begin(), members_.end(),
                                     [&](const auto& entry) { return entry.second == visit; });
    if (member == members_.end()) return;
    members_.erase(member);
    handlers_.lost(visit->proven->peer, why);
  }

  std::shared_ptr<const Secret> secret_;
  ServerOptions options_;
  Handlers handlers_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  Visits guests_;  // in the order in which they came
  std::map<Peer, std::shared_ptr<Visit>> members_;
  bool stopped_ = false;
};

Server::Server(asio::io_context& context, std::shared_ptr<const Secret> secret,
               ServerOptions options, Handlers handlers)
    : state_(std::make_shared<State>(context, std::move(secret), std::move(options),
                                     std::move(handlers))) {
  state_->accept();
}

Server::~Server() { state_->stop(); }
int Server::port() const { return state_->port(); }
void Server::set_ranks(int ranks) { state_->set_ranks(ranks); }
bool Server::send(const Peer& peer, const Message& message) { return state_->send(peer, message); }
void Server::drop(const Peer& peer, const std::string& why) { state_->drop(peer, why); }

}  // namespace tutti::control
