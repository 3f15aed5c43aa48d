#include "launch/page/page_answer.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/launch/page/made_status.h"

namespace tutti {
namespace {

using testing::HasSubstr;
using testing::Not;

const PageRules kRules{.hosts = {"localhost", "127.0.0.1", "[::1]"}, .token = "", .nonce = "n0nce"};
const PageContents kContents{[] { return to_json(testing_support::made_status()); },
                             [] { return to_prometheus(testing_support::made_status()); }};

http::request<http::empty_body> request(const std::string& target,
                                        const std::string& host = "localhost:8080",
                                        http::verb method = http::verb::get) {
  http::request<http::empty_body> asked{method, target, 11};
  if (!host.empty()) asked.set(http::field::host, host);
  return asked;
}
unsigned status_of(const http::request<http::empty_body>& asked, const PageRules& rules = kRules) {
  return answer_page(asked, rules, kContents).result_int();
}

TEST(PageAnswer, ThreePathsAndNothingElse) {
  for (const char* path : {"/", "/status.json", "/metrics", "/metrics?a=b", "/?"})
    EXPECT_EQ(status_of(request(path)), 200U) << path;
  for (const char* path :
       {"/index.html", "//", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/metrics/", "/./",
        "/status.json/../../etc/passwd", "*", "http://localhost/", "/metrics%00", "metrics", "/\\"})
    EXPECT_EQ(status_of(request(path)), 404U) << path;
}

TEST(PageAnswer, OtherMethodsAreRefused) {
  for (const auto method :
       {http::verb::post, http::verb::put, http::verb::delete_, http::verb::options,
        http::verb::trace, http::verb::connect, http::verb::patch}) {
    const auto answer = answer_page(request("/", "localhost", method), kRules, kContents);
    EXPECT_EQ(answer.result_int(), 405U);
    EXPECT_EQ(answer[http::field::allow], "GET, HEAD");
  }
  auto unheard_of = request("/");
  unheard_of.method_string("BREW");
  EXPECT_EQ(status_of(unheard_of), 405U);
  EXPECT_EQ(status_of(request("/", "localhost", http::verb::head)), 200U);
}

TEST(PageAnswer, AForeignHostIsRefused) {
  for (const char* host :
       {"localhost", "LOCALHOST:1", "127.0.0.1:65535", "[::1]:80", "[::1]", "localhost:"})
    EXPECT_EQ(status_of(request("/", host)), 200U) << host;
  for (const char* host : {"", "evil.example", "evil.example:8080", "localhost.evil.example",
                           "127.0.0.1.nip.io", "localhost:80:80", "localhost:http", "[::1", "]",
                           "::1", "localhost@evil", "127.0.0.2", "localhost:1234567"})
    EXPECT_EQ(status_of(request("/", host)), 421U) << host;
  auto twice = request("/", "localhost");
  twice.insert(http::field::host, "evil.example");
  EXPECT_EQ(status_of(twice), 421U);
}

TEST(PageAnswer, TheTokenIsAskedForEverywhere) {
  PageRules rules = kRules;
  rules.token = "0123456789abcdef";
  for (const std::string path : {"/", "/status.json", "/metrics", "/nothing"}) {
    EXPECT_EQ(status_of(request(path), rules), 401U);
    EXPECT_EQ(status_of(request(path + "?token="), rules), 401U);
    EXPECT_EQ(status_of(request(path + "?token=0123456789abcdee"), rules), 401U);
    EXPECT_EQ(status_of(request(path + "?xtoken=0123456789abcdef"), rules), 401U);
    EXPECT_NE(status_of(request(path + "?token=0123456789abcdef"), rules), 401U);
    EXPECT_NE(status_of(request(path + "?a=b&token=0123456789abcdef&c"), rules), 401U);
  }
  auto bearer = request("/metrics");
  bearer.set(http::field::authorization, "Bearer 0123456789abcdef");
  EXPECT_EQ(status_of(bearer, rules), 200U);
  bearer.set(http::field::authorization, "Basic 0123456789abcdef");
  EXPECT_EQ(status_of(bearer, rules), 401U);
}

TEST(PageAnswer, ThePageLoadsNothingFromElsewhereAndRunsItsOwnScriptAlone) {
  const auto answer = answer_page(request("/"), kRules, kContents);
  const std::string& page = answer.body();
  EXPECT_THAT(page, HasSubstr("<script nonce=\"n0nce\">"));
  EXPECT_THAT(page, Not(HasSubstr(kNoncePlaceholder)));
  for (const char* outside :
       {"src=", "https://", "@import", "innerHTML", "document.write", "eval("})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  const std::string policy(answer["Content-Security-Policy"]);
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("script-src 'nonce-n0nce'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  for (const char* path : {"/", "/status.json", "/metrics", "/nothing"}) {
    const auto any = answer_page(request(path), kRules, kContents);
    EXPECT_EQ(any["X-Content-Type-Options"], "nosniff");
    EXPECT_EQ(any[http::field::cache_control], "no-store");
    EXPECT_EQ(any.count("Access-Control-Allow-Origin"), 0U);
  }
}

TEST(PageAnswer, NamesAreDataWhereverTheyStand) {
  const auto json = answer_page(request("/status.json"), kRules, kContents);
  EXPECT_EQ(json[http::field::content_type], "application/json");
  EXPECT_THAT(nlohmann::json::parse(json.body())["job"].get<std::string>(), HasSubstr("<img"));
  EXPECT_THAT(answer_page(request("/"), kRules, kContents).body(), Not(HasSubstr("<img")));
}

}  // namespace
}  // namespace tutti
