#include "core/base/host_number.h"

#include <sys/stat.h>

#include "core/base/filesystem.h"
#include "core/base/hash.h"

namespace tutti {

uint64_t host_number() {
  const std::string boot = FileSystem::real().read("/proc/sys/kernel/random/boot_id", 64);
  struct stat status {};
  // A kernel without namespaces has one network.
  const uint64_t network = ::stat("/proc/self/ns/net", &status) == 0 ? status.st_ino : 0;
  return Hasher().update(boot.data(), boot.size()).update(&network, sizeof network).digest();
}

}  // namespace tutti
