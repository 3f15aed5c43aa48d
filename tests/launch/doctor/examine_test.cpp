#include <gmock/gmock.h>

#include "distributed/thread/thread_communicator.h"
#include "launch/doctor/finding.h"

namespace tutti {
namespace {

using testing::HasSubstr;

constexpr uint64_t kGiB = uint64_t{1} << 30;

HostFacts healthy() {
  HostFacts facts;
  facts.host = "node1";
  facts.addresses = {"10.0.0.7"};
  facts.mpi.library = "Open MPI v5.0.6";
  facts.mpi.knows_fault_tolerance = facts.mpi.fault_tolerance = true;
  facts.mpirun_found = true;
  facts.processors = facts.usable = 8;
  facts.isa = "avx512";
  facts.memory = facts.memory_limit = 64 * kGiB;
  facts.shared_memory = facts.shared_memory_free = 32 * kGiB;
  facts.files = facts.files_hard = 65536;
  facts.core = facts.locked = HostFacts::kUnlimited;
  facts.clock_synchronized = true;
  return facts;
}

Finding found(const std::vector<Finding>& findings, const std::string& what) {
  for (const Finding& finding : findings)
    if (finding.what == what) return finding;
  ADD_FAILURE() << "nothing about " << what;
  return {};
}

TEST(Doctor, AHealthyHostIsGood) {
  for (const Finding& finding : examine(healthy())) {
    EXPECT_EQ(finding.verdict, Verdict::good) << to_line(finding);
    EXPECT_TRUE(finding.remedy.empty());
  }
  EXPECT_EQ(to_line(found(examine(healthy()), "/dev/shm")),
            "good  /dev/shm: 32.0 GiB, 32.0 GiB free");
}

TEST(Doctor, EachIllnessHasItsRemedy) {
  struct Case {
    std::function<void(HostFacts&)> change;
    std::string what;
    Verdict verdict;
    std::string remedy;
  };
  const std::vector<Case> cases{
      {[](auto& f) {
         f.mpi.launch = {Launcher::srun, 4, false, 0};
       },
       "MPI", Verdict::bad, "--mpi=pmix"},
      {[](auto& f) { f.mpirun_found = false; }, "MPI", Verdict::note, "openmpi-bin"},
      {[](auto& f) { f.mpi.fault_tolerance = false; }, "fault tolerance", Verdict::note,
       "--with-ft ulfm"},
      {[](auto& f) { f.mpi.fault_tolerance = f.mpi.knows_fault_tolerance = false; },
       "fault tolerance", Verdict::note, "Open MPI 5"},
      {[](auto& f) { f.shared_memory = 0; }, "/dev/shm", Verdict::bad, "tmpfs"},
      {[](auto& f) { f.shared_memory = 64 << 20; }, "/dev/shm", Verdict::bad, "--shm-size"},
      {[](auto& f) { f.shared_memory_free = kGiB; }, "/dev/shm", Verdict::note, "--clean"},
      {[](auto& f) { f.files = 256; }, "open files", Verdict::bad, "ulimit -n"},
      {[](auto& f) { f.core = 0; }, "core files", Verdict::note, "ulimit -c"},
      {[](auto& f) { f.infiniband = true, f.locked = 65536; }, "locked memory", Verdict::bad,
       "ulimit -l"},
      {[](auto& f) { f.addresses.clear(); }, "host name", Verdict::bad, "/etc/hosts"},
      {[](auto& f) {
         f.addresses = {"127.0.1.1", "::1"};
       },
       "host name", Verdict::note, "--interface"},
      {[](auto& f) { f.gpu_why = "no GPU is visible"; }, "GPU", Verdict::bad, "nvidia-smi"},
      {[](auto& f) { f.gpu = "80 GiB free"; }, "NCCL", Verdict::note, "libnccl2"},
      {[](auto& f) { f.clock_synchronized = false; }, "clock", Verdict::note, "chrony"},
  };
  for (const Case& one : cases) {
    HostFacts facts = healthy();
    one.change(facts);
    const Finding finding = found(examine(facts), one.what);
    EXPECT_EQ(finding.verdict, one.verdict) << to_line(finding);
    EXPECT_THAT(finding.remedy, HasSubstr(one.remedy)) << to_line(finding);
  }
}

TEST(Doctor, LinksAndClocksBetweenHosts) {
  WorldFacts facts;
  facts.hosts = {"a", "a", "b"};
  facts.links = {{1e-6, 5e9}, {2e-3, 50e6}, {5e-5, 1.2e9}};
  facts.clock_skew = {0, 9, -7.5};
  facts.skew_error = {0, 1e-6, 4e-5};
  const auto findings = examine(facts);
  EXPECT_EQ(to_line(found(findings, "rank 0 to 1")), "good  rank 0 to 1: a: 5000 MB/s, 1.0 us");
  EXPECT_THAT(to_line(found(findings, "rank 1 to 2")), HasSubstr("--interface"));
  EXPECT_THAT(to_line(found(findings, "clock of b")),
              HasSubstr("bad   clock of b: 7.50 s behind a's, within 40.0 us; start chrony"));
  EXPECT_EQ(findings.size(), 4U);  // ranks of one host have one clock
}

TEST(Doctor, AWorldIsMeasured) {
  run_ranks(
      3,
      [](Communicator& communicator) {
        const WorldFacts facts = world_facts(communicator);
        EXPECT_EQ(facts.hosts.size(), 3U);
        EXPECT_EQ(facts.links.size(), 3U);
        for (size_t rank = 0; rank < 3; ++rank)
          EXPECT_NEAR(facts.clock_skew[rank], 0, facts.skew_error[rank] + 0.05);
      },
      std::chrono::seconds(30));
}

TEST(Doctor, BytesAreReadable) {
  EXPECT_EQ(bytes_text(0), "0 KiB");
  EXPECT_EQ(bytes_text(64 << 20), "64 MiB");
  EXPECT_EQ(bytes_text(24 * kGiB), "24.0 GiB");
  EXPECT_EQ(bytes_text(HostFacts::kUnlimited), "unlimited");
}

}  // namespace
}  // namespace tutti
