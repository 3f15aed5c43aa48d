// Which hosts a job may use, as people write them: "a:2,b" or a file with one of them per line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "distributed/membership/host_pool.h"

namespace tutti::launch {

// `text`: NAME or NAME:RANKS, divided by commas and line ends; a line's rest behind '#' is a
// remark, "NAME slots=N" is read too. A host without a number has 0 slots: share_slots() gives
// them. Names are letters, digits, '.', '-' and '_', and do not begin with '-': they go to command
// lines. Throws Error (usage) beginning with [where].
std::vector<membership::HostSpec> parse_hosts(std::string_view text, const std::string& where);

// What this command prints, read so. Throws Error (usage) where it does not end well in 5 s.
std::vector<membership::HostSpec> discover_hosts(const std::vector<std::string>& command);

// Of the host that `tutti supervise --probe` printed these on; 0 where it did not.
uint64_t boot_in(const std::vector<std::string>& lines);

// Gives hosts without a number their part of `ranks`.
void share_slots(std::vector<membership::HostSpec>& hosts, int ranks);

int slots_of(const std::vector<membership::HostSpec>& hosts);

}  // namespace tutti::launch
