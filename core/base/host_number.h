// Which host a process is on.
#pragma once

#include <cstdint>

namespace tutti {

// The same for all processes of one host, other on every other host and after each boot. A host is
// what is reached, and lost, as one: one boot of one machine in one network. Network namespaces of
// one machine, as containers have them, are hosts of their own; a laptop with all its processes is
// one.
uint64_t host_number();

}  // namespace tutti
