#include "distributed/commit/plan.h"

#include <algorithm>

#include "distributed/membership/commit.h"

namespace tutti {
namespace {

constexpr uint64_t kBuffers = 2;
constexpr double kMemoryRate = 1.5e9, kNetworkRate = 1e9;  // bytes in a second
constexpr double kShareOfTime = 0.01, kShortest = 0.7;     // seconds

}  // namespace

double commit_interval(double cost_seconds) {
  return std::max(kShortest, cost_seconds / kShareOfTime);
}

CommitPlan commit_plan(uint64_t state_bytes, const std::vector<std::string>& hosts,
                       double every_seconds) {
  CommitPlan plan;
  if (hosts.empty()) return plan;
  plan.share_bytes = (state_bytes + hosts.size() - 1) / hosts.size();
  const auto host_of = [&](size_t rank) -> CommitPlan::Host& {
    auto found = std::ranges::find(plan.hosts, hosts[rank], &CommitPlan::Host::name);
    if (found == plan.hosts.end()) found = plan.hosts.insert(found, {hosts[rank], 0, 0, 0});
    return *found;
  };
  for (size_t rank = 0; rank < hosts.size(); ++rank) ++host_of(rank).ranks;
  const std::vector<int> buddies = membership::buddies(hosts);
  bool copies = false;
  for (size_t rank = 0; rank < hosts.size(); ++rank) {
    const auto buddy = static_cast<size_t>(buddies[rank]);
    if (hosts[buddy] != hosts[rank]) ++host_of(buddy).copies, copies = true;
  }
  for (auto& host : plan.hosts)
    host.bytes = kBuffers * plan.share_bytes * static_cast<uint64_t>(host.ranks + host.copies);
  const auto share = static_cast<double>(plan.share_bytes);
  plan.cost = share / kMemoryRate + (copies ? share / kNetworkRate : 0);
  plan.interval = every_seconds > 0 ? every_seconds : commit_interval(plan.cost);
  return plan;
}

}  // namespace tutti
