// What `tutti doctor` finds: facts of a host or a world, and what to think of each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "distributed/clock_offset.h"
#include "distributed/mpi/mpi_facts.h"

namespace tutti {

enum class Verdict : uint8_t { good, note, bad };  // note: works, and could be better

struct Finding {
  Verdict verdict = Verdict::good;
  std::string what;    // "MPI", "/dev/shm"
  std::string text;    // what is there
  std::string remedy;  // what to do; empty where all is well
};

// Of the host this process runs on.
struct HostFacts {
  static constexpr uint64_t kUnlimited = UINT64_MAX;
  std::string host;
  std::vector<std::string> addresses;  // that its own name resolves to
  MpiFacts mpi;
  bool mpirun_found = false;                           // in PATH
  int processors = 1, usable = 1;                      // of the machine; this process's
  std::string isa;                                     // "avx512"
  uint64_t memory = 0, memory_limit = 0;               // bytes, of the machine; this process's
  uint64_t shared_memory = 0, shared_memory_free = 0;  // bytes of /dev/shm; 0: there is none
  uint64_t files = 0, files_hard = 0;                  // RLIMIT_NOFILE
  uint64_t core = 0;                                   // RLIMIT_CORE, bytes
  uint64_t locked = 0;                                 // RLIMIT_MEMLOCK, bytes
  bool infiniband = false;
  std::string gpu;                         // "" for none
  std::string gpu_why;                     // why there is none, where there might be one
  std::string nccl;                        // version; "" for none
  std::optional<bool> clock_synchronized;  // by NTP or the like, where the kernel says
};
HostFacts host_facts();

std::vector<Finding> examine(const HostFacts& facts);

// Of a world of two ranks or more.
struct WorldFacts {
  std::vector<std::string> hosts;  // of each rank
  std::vector<LinkSpeed> links;    // rank r to rank r + 1, and the last to the first
  std::vector<double> clock_skew;  // seconds of each rank's time of day against rank 0's
  std::vector<double> skew_error;
};
// Collective.
WorldFacts world_facts(Communicator& communicator);
std::vector<Finding> examine(const WorldFacts& facts);

// "good  MPI: Open MPI v4.1.4", "bad   /dev/shm: 64 MiB; mount it with size=8G".
std::string to_line(const Finding& finding);
std::string bytes_text(uint64_t bytes);  // "23.5 GiB", "unlimited"

// What runs that ended badly left in `memory` (/dev/shm), and is removed unless `dry`: folders of
// commits (tutti-<job>) whose lock nobody holds, segments (tutti-<pid>-<n>) whose process is gone,
// and Open MPI's that nobody has mapped.
// One finding for each; what is in use, or another user's, stays and is said to.
std::vector<Finding> clean_leftovers(const std::string& memory, bool dry = false);

}  // namespace tutti
