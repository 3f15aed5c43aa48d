#include "launch/page/page_answer.h"

#include <algorithm>
#include <boost/beast/http/field.hpp>
#include <cctype>
#include <string_view>

namespace tutti {
namespace {

std::string_view text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Of equal lengths the time does not tell how much is right.
bool same_token(std::string_view given, std::string_view token) {
  if (given.size() != token.size()) return false;
  unsigned char differs = 0;
  for (size_t i = 0; i < token.size(); ++i)
    differs |= static_cast<unsigned char>(given[i] ^ token[i]);
  return differs == 0;
}

// The name in "name:port" or "[::1]:port", in lower case; "" for what is neither.
std::string host_name(std::string_view host) {
  const size_t end =
      host.starts_with('[') ? host.find(']') + 1 : std::min(host.find(':'), host.size());
  if (end == 0 || end > host.size()) return "";
  const std::string_view port = host.substr(end);
  if (!port.empty() &&
      (port[0] != ':' || port.size() > 6 ||
       !std::all_of(port.begin() + 1, port.end(), [](unsigned char c) { return std::isdigit(c); })))
    return "";
  std::string name(host.substr(0, end));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

bool names_this_server(const http::request<http::empty_body>& request, const PageRules& rules) {
  if (request.count(http::field::host) != 1) return false;
  const std::string name = host_name(text_of(request[http::field::host]));
  return !name.empty() && std::ranges::find(rules.hosts, name) != rules.hosts.end();
}

// The value of `token` in "a=b&token=c"; tokens need no escapes.
std::string_view query_token(std::string_view query) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    if (const auto item = query.substr(0, end); item.starts_with("token=")) return item.substr(6);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

bool may_read(const http::request<http::empty_body>& request, std::string_view query,
              const PageRules& rules) {
  if (rules.token.empty()) return true;
  constexpr std::string_view bearer = "Bearer ";
  const std::string_view given = text_of(request[http::field::authorization]);
  return same_token(query_token(query), rules.token) ||
         (given.starts_with(bearer) && same_token(given.substr(bearer.size()), rules.token));
}

std::string page_with_nonce(const std::string& nonce) {
  std::string page = kPageHtml;
  const std::string_view mark = kNoncePlaceholder;
  for (size_t at = 0; (at = page.find(mark, at)) != std::string::npos; at += nonce.size())
    page.replace(at, mark.size(), nonce);
  return page;
}

http::response<http::string_body> content(const std::string& type, std::string body,
                                          unsigned version) {
  auto answer = plain_answer(http::status::ok, std::move(body), version);
  answer.set(http::field::content_type, type);
  return answer;
}

http::response<http::string_body> answer_path(std::string_view path, const PageRules& rules,
                                              const PageContents& contents, unsigned version) {
  if (path == "/status.json") return content("application/json", contents.json(), version);
  if (path == "/metrics")
    return content("text/plain; version=0.0.4; charset=utf-8", contents.metrics(), version);
  if (path != "/")
    return plain_answer(http::status::not_found, "there are /, /status.json and /metrics\n",
                        version);
  auto answer = content("text/html; charset=utf-8", page_with_nonce(rules.nonce), version);
  answer.set("Content-Security-Policy",
             "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action "
             "'none'; frame-ancestors 'none'; script-src 'nonce-" +
                 rules.nonce + "'; style-src 'nonce-" + rules.nonce + "'");
  return answer;
}

}  // namespace

http::response<http::string_body> plain_answer(http::status status, const std::string& text,
                                               unsigned version) {
  http::response<http::string_body> answer{status, version, text};
  answer.set(http::field::content_type, "text/plain; charset=utf-8");
  answer.set(http::field::cache_control, "no-store");
  answer.set(http::field::x_frame_options, "DENY");
  answer.set("Referrer-Policy", "no-referrer");
  answer.set("X-Content-Type-Options", "nosniff");
  answer.set("Cross-Origin-Resource-Policy", "same-origin");
  return answer;
}

http::response<http::string_body> answer_page(const http::request<http::empty_body>& request,
                                              const PageRules& rules,
                                              const PageContents& contents) {
  const unsigned version = request.version();
  if (!names_this_server(request, rules))
    return plain_answer(http::status::misdirected_request,
                        "this is not the host that was asked for; use the address that tutti "
                        "launch printed\n",
                        version);
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    auto answer = plain_answer(http::status::method_not_allowed, "GET and HEAD alone\n", version);
    answer.set(http::field::allow, "GET, HEAD");
    return answer;
  }
  const std::string_view target = text_of(request.target());
  const size_t end = std::min(target.find('?'), target.size());
  if (!may_read(request, target.substr(std::min(end + 1, target.size())), rules)) {
    auto answer = plain_answer(http::status::unauthorized,
                               "the token is missing or wrong; use the address that tutti launch "
                               "printed\n",
                               version);
    answer.set(http::field::www_authenticate, "Bearer");
    return answer;
  }
  return answer_path(target.substr(0, end), rules, contents, version);
}

}  // namespace tutti
