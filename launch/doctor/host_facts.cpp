#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

#include "core/base/error.h"
#include "core/base/network.h"
#include "core/device/device.h"
#include "core/device/isa.h"
#include "core/device/thread_pool.h"
#include "distributed/commit/place.h"
#include "launch/doctor/finding.h"

namespace tutti {
namespace {

std::vector<std::string> addresses_of(const std::string& host) {
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_socktype = SOCK_STREAM;
  std::vector<std::string> addresses;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return addresses;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  for (const addrinfo* one = found; one; one = one->ai_next) {
    char text[INET6_ADDRSTRLEN] = {};
    const void* address = one->ai_family == AF_INET6
                              ? static_cast<const void*>(
                                    &reinterpret_cast<const sockaddr_in6*>(one->ai_addr)->sin6_addr)
                              : &reinterpret_cast<const sockaddr_in*>(one->ai_addr)->sin_addr;
    if (::inet_ntop(one->ai_family, address, text, sizeof text)) addresses.emplace_back(text);
  }
  return addresses;
}

uint64_t limit_of(rlim_t limit) { return limit == RLIM_INFINITY ? HostFacts::kUnlimited : limit; }

bool in_path(const char* program) {
  const char* path = std::getenv("PATH");
  std::string rest = path ? path : "";
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    if (::access((rest.substr(0, end) + "/" + program).c_str(), X_OK) == 0) return true;
    rest.erase(0, end + 1);
  }
  return false;
}

std::string nccl_version() {
  void* library = ::dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
  if (!library) return "";
  using Version = int(int*);
  auto* ask = reinterpret_cast<Version*>(::dlsym(library, "ncclGetVersion"));
  int version = 0;
  if (!ask || ask(&version) != 0) return "of unknown version";
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

void add_gpu(HostFacts& facts) {
  if (!has_cuda()) {
    if (std::filesystem::exists("/proc/driver/nvidia/version"))
      facts.gpu_why = "a driver is here, and no GPU can be used";
    return;
  }
  const Device& device = device_of(DeviceKind::cuda);
  facts.gpu = fmt::format("{}, {} free", device.name(), bytes_text(device.free_bytes()));
  facts.nccl = nccl_version();
}

void add_limits(HostFacts& facts) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    facts.files = limit_of(limit.rlim_cur), facts.files_hard = limit_of(limit.rlim_max);
  if (::getrlimit(RLIMIT_CORE, &limit) == 0) facts.core = limit_of(limit.rlim_cur);
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0) facts.locked = limit_of(limit.rlim_cur);
}

}  // namespace

HostFacts host_facts() {
  HostFacts facts;
  facts.host = Network::current().host_name();
  facts.addresses = addresses_of(facts.host);
  facts.mpi = mpi_facts();
  facts.mpirun_found = in_path("mpirun");
  facts.processors = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  facts.usable = available_threads();
  facts.isa = name_of(detected_isa());
  facts.memory = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                 static_cast<uint64_t>(::sysconf(_SC_PAGE_SIZE));
  facts.memory_limit = memory_limit();
  struct statvfs shared {};
  if (::statvfs(kSharedMemory, &shared) == 0) {
    facts.shared_memory = shared.f_blocks * shared.f_frsize;
    facts.shared_memory_free = shared.f_bavail * shared.f_frsize;
  }
  add_limits(facts);
  facts.infiniband = std::filesystem::exists("/dev/infiniband");
  add_gpu(facts);
  timex state{};
  if (const int clock = ::adjtimex(&state); clock >= 0)
    facts.clock_synchronized = clock != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  return facts;
}

}  // namespace tutti
