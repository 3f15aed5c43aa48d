// The hosts that a job may use: which are well, what they hold, who lives where next.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "distributed/membership/commit.h"
#include "distributed/membership/local_time.h"

namespace tutti::membership {

struct HostSpec {
  std::string name;
  int slots = 1;  // ranks that it takes
  bool operator==(const HostSpec&) const = default;
};

struct CoolDown {
  Duration first{2000};  // after a failure; doubled at each further one
  Duration longest{600'000};
  Duration probe{10'000};  // a probe without an answer for this long has failed
};

// A host that failed is cooling, then probed, then well or cooling for twice as long; a commit in
// which it took part clears its record. A host that is listed later than the first ones is probed
// before its first use.
class HostPool {
 public:
  HostPool(std::vector<HostSpec> hosts, CoolDown cool_down);

  void list(const std::vector<HostSpec>& hosts, Duration now);
  void heard(const std::string& name, uint64_t boot);
  void failed(const std::string& name, Duration now);
  void doubt(const std::string& name, Duration now);  // to be probed at once
  void proven(const std::string& name);
  // Whether it is left out from now on.
  bool probed(const std::string& name, bool well, uint64_t boot, Duration now);
  // Hosts whose time has come: to be probed now.
  std::vector<std::string> due(Duration now);

  bool listed(const std::string& name) const;
  // Whether a host of which nothing bad is known is being probed, or about to be.
  bool answer_awaited(Duration now) const;
  // Whether the memory of a place can be read now, and whether it may be one day.
  bool holds(const Place& place) const;
  bool may_hold(const Place& place) const;
  // Up to `ranks` seats on listed hosts that are well, a host's ranks side by side; first those
  // that hold shares of `commit`, then in the order of the list.
  std::vector<std::string> seats(int ranks, const std::optional<Commit>& commit) const;

 private:
  struct Host {
    HostSpec spec;
    bool listed = true;
    enum class Health { well, cooling, probing } health = Health::well;
    uint64_t boot = 0;  // 0: not known yet
    Duration until{0};  // the end of the cool-down, or of the probe
    Duration cool_down{0};
    bool left_out = false;  // by its last probe
  };
  const Host* find(const std::string& name) const;
  Host* find(const std::string& name);

  std::vector<Host> hosts_;
  CoolDown options_;
};

}  // namespace tutti::membership
