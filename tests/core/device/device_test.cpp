#include "core/device/device.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "core/base/error.h"
#include "core/device/cpu/control_group.h"
#include "core/device/isa.h"
#include "core/device/thread_pool.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

TEST(cpu_device, memory_is_aligned_and_copies) {
  Device& cpu = cpu_device();
  EXPECT_EQ(cpu.name(), "cpu");
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{100}, size_t{5} << 20}) {
    void* memory = cpu.allocate(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0u);
    cpu.fill_zero(memory, bytes);
    EXPECT_TRUE(bytes == 0 || static_cast<char*>(memory)[bytes - 1] == 0);
    cpu.release(memory, bytes);
  }
  void* memory = cpu.allocate(4);
  const int in = 42;
  int out = 0;
  cpu.copy_from_host(memory, &in, 4);
  cpu.copy_to_host(&out, memory, 4);
  EXPECT_EQ(out, 42);
  cpu.release(memory, 4);
  EXPECT_THROW(cpu.allocate(std::numeric_limits<size_t>::max() - 10), Error);
  EXPECT_EQ(cpu.make_stream()->native(), nullptr);
}

TEST(cuda_device, is_there_or_says_why_not) {
  if (has_cuda()) {
    EXPECT_EQ(cuda_device().kind(), DeviceKind::cuda);
    return;
  }
  try {
    cuda_device();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::missing);
    EXPECT_NE(std::string(error.what()).find("[cuda] "), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("device: cpu"), std::string::npos);
  }
}

// What `body` returns in a child process whose oneDNN bound is `bound`.
template <typename Body>
int in_child(const char* bound, const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    unsetenv("DNNL_MAX_CPU_ISA");
    if (bound)
      setenv("ONEDNN_MAX_CPU_ISA", bound, 1);
    else
      unsetenv("ONEDNN_MAX_CPU_ISA");
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Each runs in a child because the set of a process is settled once.
TEST(isa, obeys_onednns_variable) {
  const auto detected = [] { return static_cast<int>(detected_isa()); };
  const int best = in_child(nullptr, detected);
  EXPECT_EQ(in_child("SSE41", detected), static_cast<int>(Isa::x86_64));
  EXPECT_EQ(in_child("avx2", detected), std::min(best, static_cast<int>(Isa::avx2)));
  EXPECT_EQ(in_child("AVX512_CORE", detected), best);
  EXPECT_EQ(in_child("no such set", detected), best);
}

TEST(isa, is_pinned_once_and_only_downwards) {
  const auto pinned = [] {
    pin_isa(Isa::x86_64);
    return static_cast<int>(active_isa());
  };
  EXPECT_EQ(in_child(nullptr, pinned), static_cast<int>(Isa::x86_64));
  const auto too_high = [] {
    try {
      pin_isa(Isa::avx2);
    } catch (const Error& error) {
      return static_cast<int>(error.code());
    }
    return 0;
  };
  EXPECT_EQ(in_child("SSE41", too_high), static_cast<int>(ExitCode::world));
  const auto too_late = [] {
    const Isa active = active_isa();
    pin_isa(active);  // the same again is no change
    try {
      pin_isa(Isa::x86_64);
    } catch (const Error& error) {
      return static_cast<int>(error.code());
    }
    return 0;
  };
  if (detected_isa() == Isa::x86_64) GTEST_SKIP() << "this processor has one instruction set only";
  EXPECT_EQ(in_child(nullptr, too_late), static_cast<int>(ExitCode::world));
}

TEST(isa, has_names) {
  for (const Isa isa : {Isa::x86_64, Isa::avx2, Isa::avx512})
    EXPECT_EQ(parse_isa(name_of(isa)), isa);
  EXPECT_THROW(parse_isa("avx3"), Error);
}

TEST(isa, flushes_denormals) {
#if defined(__x86_64__)
  std::thread([] {
    flush_denormals();
    volatile float smallest = std::numeric_limits<float>::min();
    volatile float half = smallest * 0.5f;
    EXPECT_EQ(half, 0.0f);
  }).join();
#endif
}

class QuotaTree {
 public:
  QuotaTree() : root_(fs::temp_directory_path() / ("tutti_quota_" + std::to_string(getpid()))) {}
  ~QuotaTree() { fs::remove_all(root_); }
  void write(const fs::path& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::optional<double> quota() const { return cpu_quota(root_); }
  std::optional<double> memory() const { return memory_quota(root_); }
  std::optional<double> left() const { return memory_left(root_); }
  uint64_t kills() const { return memory_kills(root_); }

 private:
  fs::path root_;
};

TEST(cpu_quota, reads_version_2) {
  const QuotaTree tree;
  EXPECT_FALSE(tree.quota());
  tree.write("proc/self/cgroup", "0::/pod/job\n");
  tree.write("sys/fs/cgroup/pod/job/cpu.max", "max 100000\n");
  EXPECT_FALSE(tree.quota());
  tree.write("sys/fs/cgroup/pod/cpu.max", "250000 100000\n");
  EXPECT_EQ(tree.quota(), 2.5);
  tree.write("sys/fs/cgroup/pod/job/cpu.max", "300000 100000\n");
  EXPECT_EQ(tree.quota(), 2.5);
  tree.write("sys/fs/cgroup/cpu.max", "100000 100000\n");  // what a container sees
  EXPECT_EQ(tree.quota(), 1);
}

TEST(cpu_quota, reads_version_1) {
  const QuotaTree tree;
  tree.write("proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/slurm/step\ngarbage\n");
  tree.write("sys/fs/cgroup/cpu/slurm/step/cpu.cfs_quota_us", "-1\n");
  tree.write("sys/fs/cgroup/cpu/slurm/step/cpu.cfs_period_us", "100000\n");
  EXPECT_FALSE(tree.quota());
  tree.write("sys/fs/cgroup/cpu/slurm/step/cpu.cfs_quota_us", "400000\n");
  EXPECT_EQ(tree.quota(), 4);
}

TEST(memory_quota, reads_both_versions) {
  const QuotaTree tree;
  EXPECT_FALSE(tree.memory());
  tree.write("proc/self/cgroup", "5:memory:/x\n0::/pod/job\n");
  tree.write("sys/fs/cgroup/pod/job/memory.max", "max\n");
  EXPECT_FALSE(tree.memory());
  tree.write("sys/fs/cgroup/pod/memory.max", "1073741824\n");
  EXPECT_EQ(tree.memory(), 0x1p30);
  tree.write("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "536870912\n");
  EXPECT_EQ(tree.memory(), 0x1p29);
}

TEST(memory_left, is_that_of_the_machine_or_the_fullest_group) {
  const QuotaTree tree;
  EXPECT_FALSE(tree.left());
  tree.write("proc/meminfo", "MemTotal:  1000 kB\nMemFree: 10 kB\nMemAvailable:   800 kB\n");
  EXPECT_DOUBLE_EQ(tree.left().value(), 0.8);
  tree.write("proc/self/cgroup", "4:memory:/x\n0::/pod/job\n");
  tree.write("sys/fs/cgroup/pod/memory.max", "max\n");
  tree.write("sys/fs/cgroup/pod/memory.current", "900\n");
  EXPECT_DOUBLE_EQ(tree.left().value(), 0.8);
  tree.write("sys/fs/cgroup/pod/job/memory.max", "1000\n");
  tree.write("sys/fs/cgroup/pod/job/memory.current", "900\n");
  EXPECT_NEAR(tree.left().value(), 0.1, 1e-12);
  tree.write("sys/fs/cgroup/pod/job/memory.stat", "anon 400\ninactive_file 500\n");
  EXPECT_NEAR(tree.left().value(), 0.6, 1e-12);
  tree.write("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "1000\n");
  tree.write("sys/fs/cgroup/memory/x/memory.usage_in_bytes", "1100\n");
  tree.write("sys/fs/cgroup/memory/x/memory.stat", "inactive_file 900\ntotal_inactive_file 400\n");
  EXPECT_NEAR(tree.left().value(), 0.3, 1e-12);
}

TEST(memory_kills, are_those_of_the_innermost_group) {
  const QuotaTree tree;
  EXPECT_EQ(tree.kills(), 0u);
  tree.write("proc/vmstat", "pgfault 12\noom_kill 9\n");
  EXPECT_EQ(tree.kills(), 9u);
  tree.write("proc/self/cgroup", "0::/pod/job\n");
  tree.write("sys/fs/cgroup/pod/memory.events", "low 0\nhigh 0\nmax 3\noom 1\noom_kill 5\n");
  EXPECT_EQ(tree.kills(), 5u);
  tree.write("sys/fs/cgroup/pod/job/memory.events", "oom 1\noom_kill 2\noom_group_kill 0\n");
  EXPECT_EQ(tree.kills(), 2u);
}

TEST(memory_kills, reads_version_1) {
  const QuotaTree tree;
  tree.write("proc/self/cgroup", "4:memory:/x\n0::/\n");
  tree.write("sys/fs/cgroup/memory/x/memory.oom_control",
             "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
  EXPECT_EQ(tree.kills(), 4u);
}

TEST(cpu_device, refuses_more_memory_than_there_is) {
  EXPECT_GT(memory_limit(), 0u);
  try {
    cpu_device().allocate(memory_limit() + 1);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::world);
    EXPECT_NE(std::string(error.what()).find("use a smaller model"), std::string::npos);
  }
}

}  // namespace
}  // namespace tutti
