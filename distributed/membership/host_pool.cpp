#include "distributed/membership/host_pool.h"

#include <algorithm>
#include <utility>

namespace tutti::membership {

HostPool::HostPool(std::vector<HostSpec> hosts, CoolDown cool_down) : options_(cool_down) {
  for (HostSpec& spec : hosts) hosts_.push_back({.spec = std::move(spec)});
}

const HostPool::Host* HostPool::find(const std::string& name) const {
  const auto at = std::ranges::find_if(hosts_, [&](const Host& h) { return h.spec.name == name; });
  return at == hosts_.end() ? nullptr : &*at;
}

HostPool::Host* HostPool::find(const std::string& name) {
  return const_cast<Host*>(std::as_const(*this).find(name));
}

void HostPool::list(const std::vector<HostSpec>& hosts, Duration now) {
  for (Host& host : hosts_) host.listed = false;
  for (const HostSpec& spec : hosts) {
    Host* host = find(spec.name);
    if (!host) {
      hosts_.push_back({.spec = spec, .health = Host::Health::cooling, .until = now});
      host = &hosts_.back();
    }
    host->spec = spec;
    host->listed = true;
  }
}

void HostPool::heard(const std::string& name, uint64_t boot) {
  if (Host* host = find(name)) host->boot = boot;
}

void HostPool::failed(const std::string& name, Duration now) {
  Host* host = find(name);
  if (!host || host->health == Host::Health::cooling) return;
  host->health = Host::Health::cooling;
  host->cool_down = host->cool_down.count() == 0 ? options_.first
                                                 : std::min(2 * host->cool_down, options_.longest);
  host->until = now + host->cool_down;
}

void HostPool::doubt(const std::string& name, Duration now) {
  Host* host = find(name);
  if (!host || host->health != Host::Health::well) return;
  host->health = Host::Health::cooling;
  host->until = now;
}

void HostPool::proven(const std::string& name) {
  if (Host* host = find(name); host && host->health == Host::Health::well) host->cool_down = {};
}

bool HostPool::probed(const std::string& name, bool well, uint64_t boot, Duration now) {
  Host* host = find(name);
  if (!host || host->health != Host::Health::probing) return false;  // an answer that came too late
  if (!well) {
    failed(name, now);
    return !std::exchange(host->left_out, true);
  }
  host->health = Host::Health::well;
  host->left_out = false;
  host->boot = boot;
  return false;
}

std::vector<std::string> HostPool::due(Duration now) {
  std::vector<std::string> names;
  for (Host& host : hosts_) {
    if (host.health == Host::Health::well || now < host.until) continue;
    if (host.health == Host::Health::probing) {
      failed(host.spec.name, now);
    } else if (host.listed) {
      host.health = Host::Health::probing;
      host.until = now + options_.probe;
      names.push_back(host.spec.name);
    }
  }
  return names;
}

bool HostPool::listed(const std::string& name) const {
  const Host* host = find(name);
  return host && host->listed;
}

bool HostPool::answer_awaited(Duration now) const {
  return std::ranges::any_of(hosts_, [&](const Host& host) {
    const bool due = host.health == Host::Health::cooling && now >= host.until;
    return host.listed && host.cool_down.count() == 0 &&
           (host.health == Host::Health::probing || due);
  });
}

bool HostPool::holds(const Place& place) const {
  const Host* host = find(place.host);
  return host && host->health == Host::Health::well && host->boot == place.boot;
}

bool HostPool::may_hold(const Place& place) const {
  const Host* host = find(place.host);
  return host && host->listed && host->boot == place.boot;
}

std::vector<std::string> HostPool::seats(int ranks, const std::optional<Commit>& commit) const {
  const auto holder = [&](const Host* host) {
    return commit && std::ranges::any_of(commit->shares, [&](const Share& share) {
             return (share.home.host == host->spec.name && holds(share.home)) ||
                    (share.copy.host == host->spec.name && holds(share.copy));
           });
  };
  std::vector<const Host*> order;
  for (const Host& host : hosts_)
    if (host.listed && host.health == Host::Health::well) order.push_back(&host);
  std::stable_partition(order.begin(), order.end(), holder);
  std::vector<std::string> names;
  for (const Host* host : order)
    for (int slot = 0; slot < host->spec.slots; ++slot)
      if (static_cast<int>(names.size()) < ranks) names.push_back(host->spec.name);
  return names;
}

}  // namespace tutti::membership
