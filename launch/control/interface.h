// Where the judge listens.
#pragma once

#include <string>

namespace tutti::control {

// The numeric address of what `--interface` names: a network interface ("eth0"), or an address,
// which is given back. Loopback for "". IPv4 where there is one. Throws Error (usage) for an
// interface that is not there, is down, or has no address that other hosts can use.
std::string interface_address(const std::string& name);

}  // namespace tutti::control
