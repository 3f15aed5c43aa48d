#include "launch/launcher/hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/base/error.h"
#include "core/base/terminal.h"
#include "launch/supervise/child_process.h"

namespace tutti::launch {
namespace {

using membership::HostSpec;

constexpr std::chrono::milliseconds kDiscovery{5000};
constexpr size_t kNameBytes = 253;  // of a name in DNS
constexpr int kMostSlots = 100'000;
constexpr size_t kMostHosts = 100'000;

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytes && name.front() != '-' &&
         std::ranges::all_of(name, [](const unsigned char c) {
           return std::isalnum(c) || c == '.' || c == '-' || c == '_';
         });
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

HostSpec parse_host(std::string_view text, const std::string& where) {
  const size_t space = text.find_first_of(" \t");
  const std::string_view rest = space == text.npos ? "" : trimmed(text.substr(space));
  std::string_view name = text.substr(0, space), number;
  if (rest.starts_with("slots=")) number = rest.substr(6);
  if (const size_t colon = name.find(':'); colon != name.npos && rest.empty())
    number = name.substr(colon + 1), name = name.substr(0, colon);
  HostSpec host{std::string(name), 0};
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), host.slots);
  const bool counted = error == std::errc() && end == number.data() + number.size() &&
                       host.slots >= 1 && host.slots <= kMostSlots;
  if (!is_host_name(name) || (number.empty() ? text.size() != name.size() : !counted))
    fail(ExitCode::usage, where, "'{}' is no host; write NAME or NAME:RANKS, as in node1:4",
         one_line(std::string(text)));
  return host;
}

}  // namespace

std::vector<HostSpec> parse_hosts(std::string_view text, const std::string& where) {
  std::vector<HostSpec> hosts;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    while (!line.empty()) {
      const size_t comma = std::min(line.find(','), line.size());
      const std::string_view word = trimmed(line.substr(0, comma));
      line.remove_prefix(std::min(comma + 1, line.size()));
      if (word.empty()) continue;
      HostSpec host = parse_host(word, where);
      const auto same = std::ranges::find(hosts, host.name, &HostSpec::name);
      if (same != hosts.end())
        fail(ExitCode::usage, where, "host '{}' is there twice; write {}:RANKS", host.name,
             host.name);
      if (hosts.size() == kMostHosts)
        fail(ExitCode::usage, where, "has more than {} hosts; give fewer", kMostHosts);
      hosts.push_back(std::move(host));
    }
  }
  return hosts;
}

std::vector<HostSpec> discover_hosts(const std::vector<std::string>& command) {
  const supervise::Ran ran = supervise::run_child({.command = command}, kDiscovery);
  if (!ran.end.well())
    fail(ExitCode::usage, "--discover", "'{}' {}; give a command that prints hosts", command[0],
         text_of(ran.end));
  return parse_hosts(fmt::format("{}", fmt::join(ran.output, "\n")), "--discover");
}

void share_slots(std::vector<HostSpec>& hosts, int ranks) {
  const auto open = static_cast<int>(std::ranges::count(hosts, 0, &HostSpec::slots));
  if (open == 0) return;
  const int each = std::max(1, (ranks - slots_of(hosts) + open - 1) / open);
  for (HostSpec& host : hosts)
    if (host.slots == 0) host.slots = each;
}

uint64_t boot_in(const std::vector<std::string>& lines) {
  constexpr std::string_view words = "tutti boot ";
  uint64_t boot = 0;
  for (const std::string& line : lines)
    if (line.starts_with(words))
      std::from_chars(line.data() + words.size(), line.data() + line.size(), boot, 16);
  return boot;
}

int slots_of(const std::vector<HostSpec>& hosts) {
  int slots = 0;
  for (const HostSpec& host : hosts) slots += host.slots;
  return slots;
}

}  // namespace tutti::launch
