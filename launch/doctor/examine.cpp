// What to think of the facts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "launch/doctor/finding.h"

namespace tutti {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kLittleSharedMemory = 128 * kMiB;  // containers come with 64
constexpr uint64_t kFewFiles = 1024;
constexpr double kNotedSkew = 0.1, kBadSkew = 5;  // seconds
constexpr double kSlowLink = 100e6;               // bytes in a second
constexpr double kLongLatency = 1e-3;

Finding good(const std::string& what, const std::string& text) {
  return {Verdict::good, what, text, ""};
}

Finding mpi_finding(const MpiFacts& mpi, bool mpirun_found) {
  std::string text = mpi.library;
  if (mpi.launch.launcher != Launcher::none)
    text += fmt::format(", started by {}", name_of(mpi.launch.launcher));
  if (mpi.launch.launcher != Launcher::none && !mpi.launch.wired)
    return {Verdict::bad, "MPI", text + " without PMIx", "start ranks by srun --mpi=pmix"};
  if (!mpirun_found)
    return {Verdict::note, "MPI", text + "; no mpirun in PATH", "install openmpi-bin"};
  return good("MPI", text + (mpi.launch.wired ? ", with PMIx" : ""));
}

Finding fault_tolerance_finding(const MpiFacts& mpi) {
  const std::string what = "fault tolerance";
  if (mpi.fault_tolerance) return good(what, "ULFM: ranks that are left go on in place");
  if (mpi.knows_fault_tolerance)
    return {Verdict::note, what, "ULFM is there, and not in use",
            "start ranks by mpirun --with-ft ulfm to go on in place"};
  return {Verdict::note, what, "none: after a failure the world is started again",
          "use Open MPI 5 and mpirun --with-ft ulfm to go on in place"};
}

Finding shared_memory_finding(const HostFacts& facts) {
  const std::string what = "/dev/shm";
  if (facts.shared_memory == 0)
    return {Verdict::bad, what, "missing", "mount a tmpfs there: ranks share memory through it"};
  const std::string text = fmt::format("{}, {} free", bytes_text(facts.shared_memory),
                                       bytes_text(facts.shared_memory_free));
  if (facts.shared_memory < kLittleSharedMemory)
    return {Verdict::bad, what, text, "give a container --shm-size=8g, or mount it with size=50%"};
  if (4 * facts.shared_memory_free < facts.shared_memory)
    return {Verdict::note, what, text, "see what fills it; tutti doctor --clean removes leftovers"};
  return good(what, text);
}

Finding name_finding(const HostFacts& facts) {
  const std::string what = "host name";
  if (facts.addresses.empty())
    return {Verdict::bad, what, facts.host + " does not resolve", "put it into /etc/hosts"};
  const auto loopback = [](const std::string& address) {
    return address.starts_with("127.") || address == "::1";
  };
  const std::string text = fmt::format("{} is {}", facts.host, facts.addresses.front());
  if (std::ranges::all_of(facts.addresses, loopback))
    return {Verdict::note, what, text + ", which other hosts cannot use",
            "with several hosts give tutti launch --interface, or put its address into /etc/hosts"};
  return good(what, text);
}

void add_limits(std::vector<Finding>& findings, const HostFacts& facts) {
  const std::string files =
      facts.files == HostFacts::kUnlimited ? "unlimited" : std::to_string(facts.files);
  if (facts.files < kFewFiles)
    findings.push_back({Verdict::bad, "open files", files, "raise it: ulimit -n 4096"});
  else
    findings.push_back(good("open files", files));
  if (facts.core == 0)
    findings.push_back({Verdict::note, "core files", "none are written",
                        "ulimit -c unlimited, to look into a crash"});
  else
    findings.push_back(good("core files", bytes_text(facts.core)));
  if (facts.infiniband && facts.locked < 64 * kMiB)
    findings.push_back({Verdict::bad, "locked memory", bytes_text(facts.locked),
                        "InfiniBand needs it: ulimit -l unlimited"});
  else
    findings.push_back(good("locked memory", bytes_text(facts.locked)));
}

void add_gpus(std::vector<Finding>& findings, const HostFacts& facts) {
  if (!facts.gpu.empty())
    findings.push_back(good("GPU", facts.gpu));
  else if (!facts.gpu_why.empty())
    findings.push_back(
        {Verdict::bad, "GPU", facts.gpu_why, "see nvidia-smi, and whether this build has CUDA"});
  else
    findings.push_back(good("GPU", "none"));
  if (!facts.gpu.empty() && facts.nccl.empty())
    findings.push_back({Verdict::note, "NCCL", "none", "install libnccl2"});
  else
    findings.push_back(good("NCCL", facts.nccl.empty() ? "none" : facts.nccl));
}

std::string seconds_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.1f} us", 1e6 * seconds);
  return seconds < 1 ? fmt::format("{:.1f} ms", 1e3 * seconds) : fmt::format("{:.2f} s", seconds);
}

Finding link_finding(const WorldFacts& facts, size_t rank) {
  const size_t next = (rank + 1) % facts.hosts.size();
  const LinkSpeed& link = facts.links[rank];
  const bool same = facts.hosts[rank] == facts.hosts[next];
  const std::string what = fmt::format("rank {} to {}", rank, next);
  const std::string text =
      fmt::format("{}: {:.0f} MB/s, {}",
                  same ? facts.hosts[rank] : facts.hosts[rank] + " to " + facts.hosts[next],
                  1e-6 * link.bandwidth, seconds_text(link.latency));
  if (link.bandwidth < kSlowLink || link.latency > kLongLatency)
    return {Verdict::note, what, text,
            same ? "more ranks than processors? See --bind"
                 : "is this the fast network? Choose it with --interface"};
  return good(what, text);
}

}  // namespace

std::vector<Finding> examine(const HostFacts& facts) {
  std::vector<Finding> findings{mpi_finding(facts.mpi, facts.mpirun_found),
                                fault_tolerance_finding(facts.mpi)};
  add_gpus(findings, facts);
  const std::string processors =
      fmt::format("{} of {}, {}", facts.usable, facts.processors, facts.isa);
  findings.push_back(good("processors", processors));
  findings.push_back(good(
      "memory", fmt::format("{} of {}", bytes_text(facts.memory_limit), bytes_text(facts.memory))));
  findings.push_back(shared_memory_finding(facts));
  add_limits(findings, facts);
  findings.push_back(name_finding(facts));
  if (facts.clock_synchronized && !*facts.clock_synchronized)
    findings.push_back({Verdict::note, "clock", "nothing keeps it right", "start chrony or ntpd"});
  else
    findings.push_back(good("clock", facts.clock_synchronized ? "kept right" : "not known"));
  return findings;
}

std::vector<Finding> examine(const WorldFacts& facts) {
  std::vector<Finding> findings;
  for (size_t rank = 0; rank < facts.links.size(); ++rank)
    findings.push_back(link_finding(facts, rank));
  for (size_t rank = 1; rank < facts.clock_skew.size(); ++rank) {
    if (facts.hosts[rank] == facts.hosts[0]) continue;
    const double skew = facts.clock_skew[rank];
    const std::string what = fmt::format("clock of {}", facts.hosts[rank]);
    const std::string text = fmt::format("{} {} {}'s, within {}", seconds_text(std::abs(skew)),
                                         skew < 0 ? "behind" : "before", facts.hosts[0],
                                         seconds_text(facts.skew_error[rank]));
    if (std::abs(skew) < kNotedSkew)
      findings.push_back(good(what, text));
    else
      findings.push_back({std::abs(skew) < kBadSkew ? Verdict::note : Verdict::bad, what, text,
                          "start chrony or ntpd on both: logs and files carry these times"});
  }
  return findings;
}

std::string to_line(const Finding& finding) {
  static constexpr const char* names[] = {"good", "note", "bad "};
  return fmt::format("{}  {}: {}{}{}", names[static_cast<size_t>(finding.verdict)], finding.what,
                     finding.text, finding.remedy.empty() ? "" : "; ", finding.remedy);
}

std::string bytes_text(uint64_t bytes) {
  if (bytes == HostFacts::kUnlimited) return "unlimited";
  const auto number = static_cast<double>(bytes);
  if (bytes < kMiB) return fmt::format("{:.0f} KiB", number / 1024);
  if (bytes < 1024 * kMiB) return fmt::format("{:.0f} MiB", number / static_cast<double>(kMiB));
  return fmt::format("{:.1f} GiB", number / static_cast<double>(1024 * kMiB));
}

}  // namespace tutti
