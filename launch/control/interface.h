// Where the judge listens.
#pragma once

#include <string>
#include <vector>

namespace tutti::control {

// The numeric address of what `--interface` names: a network interface ("eth0"), or an address,
// which is given back. Loopback for "". IPv4 where there is one. Throws Error (usage) for an
// interface that is not there, is down, or has no address that other hosts can use.
std::string interface_address(const std::string& name);

// The network of the interface that has this address, "10.0.0.0/24": what hosts whose interfaces
// have other names and addresses have in common. The address itself, as "10.0.0.7/32", where none
// has it.
std::string network_of(const std::string& address);

// The numeric addresses by which other hosts may reach this one: of all interfaces that are up, but
// loopback; IPv4 first.
std::vector<std::string> outer_addresses();

}  // namespace tutti::control
