// What the page's server answers to a request, whoever asks. Pure: no socket, no clock.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <string>
#include <vector>

namespace tutti {

namespace http = boost::beast::http;

struct PageRules {
  std::vector<std::string> hosts;  // lower case, without ports; an IPv6 address in brackets
  std::string token;               // empty: none is needed
  std::string nonce;               // that the page's own script and style carry
};

struct PageContents {
  std::function<std::string()> json, metrics;
};

http::response<http::string_body> answer_page(const http::request<http::empty_body>& request,
                                              const PageRules& rules, const PageContents& contents);
// With the headers that every answer has: nothing is cached, framed, sniffed or loaded.
http::response<http::string_body> plain_answer(http::status status, const std::string& text,
                                               unsigned version);

extern const char* const kPageHtml;          // page_html.cpp
extern const char* const kNoncePlaceholder;  // in it

}  // namespace tutti
