#include "distributed/membership/commit.h"

#include <algorithm>
#include <numeric>

namespace tutti::membership {

std::vector<int> buddies(const std::vector<std::string>& hosts) {
  const int world = static_cast<int>(hosts.size());
  std::vector<int> order(hosts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return hosts[a] < hosts[b]; });
  int most = 0, first = 0;  // of the host with the most ranks: how many, and where they begin
  for (int begin = 0, end = 0; begin < world; begin = end) {
    while (end < world && hosts[order[end]] == hosts[order[begin]]) ++end;
    if (end - begin > most) most = end - begin, first = begin;
  }
  std::vector<int> buddy(hosts.size());
  if (most == world) return std::iota(buddy.begin(), buddy.end(), 0), buddy;
  if (2 * most <= world) {  // no host is so large that a step by `most` ends within it
    for (int i = 0; i < world; ++i) buddy[order[i]] = order[(i + most) % world];
    return buddy;
  }
  std::rotate(order.begin(), order.begin() + first, order.end());
  for (int i = 0; i < world; ++i)
    buddy[order[i]] = i < most ? order[most + i % (world - most)] : order[i - most];
  return buddy;
}

std::optional<std::vector<std::string>> readable_at(const Commit& commit,
                                                    const std::function<bool(const Place&)>& held) {
  std::vector<std::string> hosts;
  for (const Share& share : commit.shares) {
    const Place* place = held(share.home) ? &share.home : held(share.copy) ? &share.copy : nullptr;
    if (!place) return std::nullopt;
    hosts.push_back(place->host);
  }
  return hosts;
}

}  // namespace tutti::membership
