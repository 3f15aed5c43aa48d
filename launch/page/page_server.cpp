#include "launch/page/page_server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <list>
#include <optional>

#include "core/base/error.h"
#include "launch/control/secret.h"
#include "launch/page/page_answer.h"

namespace tutti {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

constexpr uint32_t kHeaderBytes = 8 << 10;
constexpr auto kPause = std::chrono::milliseconds(100);  // when the process has no descriptor left

std::string in_brackets(const asio::ip::address& address) {
  return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

tcp::acceptor listen_for_pages(asio::io_context& context, const PageOptions& options) {
  try {
    return tcp::acceptor(
        context, {asio::ip::make_address(options.address), static_cast<uint16_t>(options.port)});
  } catch (const boost::system::system_error& error) {
    throw CommunicationError(fmt::format("[page {}:{}] cannot listen: {}; choose another port",
                                         options.address, options.port, error.code().message()));
  }
}

PageRules rules_of(const PageOptions& options) {
  const auto address = asio::ip::make_address(options.address);
  PageRules rules{options.hosts, options.token, draw_page_token()};
  rules.hosts.push_back(in_brackets(address));
  if (address.is_loopback() || address.is_unspecified())
    for (const char* name : {"localhost", "127.0.0.1", "[::1]"}) rules.hosts.push_back(name);
  return rules;
}

}  // namespace

class PageServer::State : public std::enable_shared_from_this<PageServer::State> {
 public:
  State(asio::io_context& context, PageOptions options, std::function<RunStatus()> status)
      : options_(std::move(options)),
        rules_(rules_of(options_)),
        status_(std::move(status)),
        acceptor_(listen_for_pages(context, options_)),
        pause_(context) {}

  void accept();
  void stop();
  const tcp::acceptor& acceptor() const { return acceptor_; }
  const PageOptions& options() const { return options_; }

 private:
  class Visit;
  using Visits = std::list<std::shared_ptr<Visit>>;

  http::response<http::string_body> answer(const http::request<http::empty_body>& request);
  const RunStatus& status();

  PageOptions options_;
  PageRules rules_;
  std::function<RunStatus()> status_;
  std::optional<RunStatus> seen_;
  std::chrono::steady_clock::time_point seen_at_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  Visits visits_;  // who asked longest ago comes first
  bool stopped_ = false;
};

// One connection: a request, its answer, the next request.
class PageServer::State::Visit : public std::enable_shared_from_this<Visit> {
 public:
  Visit(std::shared_ptr<State> server, tcp::socket socket)
      : server_(std::move(server)), stream_(std::move(socket)), buffer_(2 * kHeaderBytes) {}

  void begin(Visits::iterator place) {
    place_ = place;
    read(server_->options_.patience);
  }
  void end() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.socket().close(ignored);
    if (place_) server_->visits_.erase(*std::exchange(place_, std::nullopt));
  }

 private:
  void read(std::chrono::milliseconds patience) {
    parser_.emplace();
    parser_->header_limit(kHeaderBytes);
    stream_.expires_after(patience);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const error_code& error, size_t) { self->answer(error); });
  }

  void answer(const error_code& error) {
    if (!place_) return;
    if (error == http::error::header_limit)
      return refuse(http::status::request_header_fields_too_large);
    if (error && error.category() == error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
      return refuse(http::status::bad_request);
    if (error) return end();
    server_->visits_.splice(server_->visits_.end(), server_->visits_, *place_);
    send(server_->answer(parser_->get()), parser_->get().keep_alive(),
         parser_->get().method() == http::verb::head);
  }

  void refuse(http::status status) {
    send(plain_answer(status, "this is no request that is answered here\n", 11), false, false);
  }

  void send(http::response<http::string_body> answer, bool again, bool head) {
    answer.keep_alive(again);
    answer.prepare_payload();
    answer_ = std::move(answer);
    serializer_.emplace(*answer_);
    stream_.expires_after(server_->options_.patience);
    const auto sent = [self = shared_from_this(), again](const error_code& error, size_t) {
      if (!self->place_) return;
      if (error || !again) return self->end();
      self->read(self->server_->options_.idle);
    };
    if (head)
      http::async_write_header(stream_, *serializer_, sent);
    else
      http::async_write(stream_, *serializer_, sent);
  }

  std::shared_ptr<State> server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  std::optional<http::response<http::string_body>> answer_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  std::optional<Visits::iterator> place_;
};

void PageServer::State::accept() {
  acceptor_.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
    if (self->stopped_) return;
    if (!error) {
      if (self->visits_.size() >= self->options_.connections) self->visits_.front()->end();
      self->visits_.push_back(std::make_shared<Visit>(self, std::move(socket)));
      self->visits_.back()->begin(std::prev(self->visits_.end()));
    }
    if (!error || error == asio::error::connection_aborted) return self->accept();
    self->pause_.expires_after(kPause);
    self->pause_.async_wait([self](const error_code&) {
      if (!self->stopped_) self->accept();
    });
  });
}

void PageServer::State::stop() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  while (!visits_.empty()) visits_.front()->end();
}

const RunStatus& PageServer::State::status() {
  const auto now = std::chrono::steady_clock::now();
  if (!seen_ || now - seen_at_ >= options_.fresh) seen_ = status_(), seen_at_ = now;
  return *seen_;
}

http::response<http::string_body> PageServer::State::answer(
    const http::request<http::empty_body>& request) {
  try {
    return answer_page(
        request, rules_,
        {[&] { return to_json(status()); }, [&] { return to_prometheus(status()); }});
  } catch (const std::exception& error) {
    return plain_answer(http::status::internal_server_error, std::string(error.what()) + "\n",
                        request.version());
  }
}

std::string draw_page_token() {
  const std::string bytes = control::random_bytes(16);
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

PageOptions parse_page_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  PageOptions options;
  std::string address = colon == std::string::npos ? "127.0.0.1" : text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  const std::string port = text.substr(colon == std::string::npos ? 0 : colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  boost::system::error_code wrong;
  asio::ip::make_address(address, wrong);
  if (wrong || error != std::errc() || end != port.data() + port.size() || options.port < 0 ||
      options.port > 65535)
    fail(ExitCode::usage, "--page", "'{}' is no [ADDRESS:]PORT; use 8080, or 0.0.0.0:8080", text);
  options.address = address;
  return options;
}

PageServer::PageServer(asio::io_context& context, PageOptions options,
                       std::function<RunStatus()> status) {
  error_code wrong;
  const auto address = asio::ip::make_address(options.address, wrong);
  if (wrong)
    fail(ExitCode::usage, "page", "'{}' is no address; give a numeric one", options.address);
  if (!address.is_loopback() && options.token.empty())
    fail(ExitCode::usage, "page", "{} is seen by others and there is no token; give one",
         options.address);
  state_ = std::make_shared<State>(context, std::move(options), std::move(status));
  state_->accept();
}

PageServer::~PageServer() { state_->stop(); }

int PageServer::port() const { return state_->acceptor().local_endpoint().port(); }

std::string PageServer::url() const {
  const auto address = asio::ip::make_address(state_->options().address);
  const std::string host = address.is_unspecified() && !state_->options().hosts.empty()
                               ? state_->options().hosts.front()
                               : in_brackets(address);
  const std::string& token = state_->options().token;
  return fmt::format("http://{}:{}/{}", host, port(), token.empty() ? "" : "?token=" + token);
}

}  // namespace tutti
