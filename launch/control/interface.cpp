#include "launch/control/interface.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>

#include "core/base/error.h"

namespace tutti::control {
namespace {

bool is_address(const std::string& text) {
  in6_addr address;
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

// The address of one of an interface's entries; "" for those of one link alone, or of no network.
std::string numeric(const ifaddrs& entry) {
  const bool v4 = entry.ifa_addr->sa_family == AF_INET;
  if (!v4 && entry.ifa_addr->sa_family != AF_INET6) return "";
  if (!v4 && IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<sockaddr_in6*>(entry.ifa_addr)->sin6_addr))
    return "";
  char host[NI_MAXHOST] = "";
  const socklen_t size = v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  ::getnameinfo(entry.ifa_addr, size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

using Entries = std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)>;

Entries list_interfaces() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0)
    fail(ExitCode::missing, "--interface", "cannot list the interfaces: {}; give an address",
         std::strerror(errno));
  return {first, &::freeifaddrs};
}

}  // namespace

std::string interface_address(const std::string& name) {
  if (name.empty()) return "127.0.0.1";
  if (is_address(name)) return name;
  const Entries all = list_interfaces();
  std::vector<std::string> names;
  std::string found, listed;
  bool up = false;
  for (const ifaddrs* entry = all.get(); entry; entry = entry->ifa_next) {
    if (std::find(names.begin(), names.end(), entry->ifa_name) == names.end()) {
      names.emplace_back(entry->ifa_name);
      listed += " " + names.back();
    }
    if (entry->ifa_name != name || !entry->ifa_addr) continue;
    up = up || (entry->ifa_flags & IFF_UP) != 0;
    const bool better = found.empty() || entry->ifa_addr->sa_family == AF_INET;
    if (const std::string address = numeric(*entry); better && !address.empty()) found = address;
  }
  if (std::find(names.begin(), names.end(), name) == names.end())
    fail(ExitCode::usage, "--interface", "this host has no interface '{}'{}", name,
         near_or(name, names, "; it has" + listed));
  if (!up || found.empty())
    fail(ExitCode::usage, "--interface", "interface '{}' {}; choose another, or give an address",
         name, up ? "has no address that other hosts can use" : "is down");
  return found;
}

std::string network_of(const std::string& address) {
  in_addr wanted{};
  if (::inet_pton(AF_INET, address.c_str(), &wanted) != 1) return address + "/128";
  const Entries all = list_interfaces();
  for (const ifaddrs* entry = all.get(); entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || !entry->ifa_netmask || entry->ifa_addr->sa_family != AF_INET) continue;
    const auto* own = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
    if (own->sin_addr.s_addr != wanted.s_addr) continue;
    const in_addr_t mask =
        reinterpret_cast<const sockaddr_in*>(entry->ifa_netmask)->sin_addr.s_addr;
    const in_addr network{own->sin_addr.s_addr & mask};
    char text[INET_ADDRSTRLEN] = "";
    ::inet_ntop(AF_INET, &network, text, sizeof text);
    return fmt::format("{}/{}", text, std::popcount(mask));
  }
  return address + "/32";
}

std::vector<std::string> outer_addresses() {
  const Entries all = list_interfaces();
  std::vector<std::string> v4, v6;
  for (const ifaddrs* entry = all.get(); entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || !(entry->ifa_flags & IFF_UP) || (entry->ifa_flags & IFF_LOOPBACK))
      continue;
    if (const std::string address = numeric(*entry); !address.empty())
      (entry->ifa_addr->sa_family == AF_INET ? v4 : v6).push_back(address);
  }
  v4.insert(v4.end(), v6.begin(), v6.end());
  return v4;
}

}  // namespace tutti::control
