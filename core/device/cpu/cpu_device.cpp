#include "core/device/cpu/cpu_device.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "core/base/error.h"
#include "core/device/cpu/control_group.h"

namespace tutti {
namespace {

constexpr size_t kCacheLine = 64;
constexpr size_t kHugePage = size_t{2} << 20;

// Bytes handed out and not yet released. The system promises more memory than it has and kills the
// process when the pages are touched: it is asked for no more than there is.
std::atomic<size_t> allocated_bytes{0};

size_t rounded_bytes(size_t bytes) {
  return std::max(kCacheLine, (bytes + kCacheLine - 1) / kCacheLine * kCacheLine);
}

class CpuStream final : public Stream {
 public:
  void synchronize() override {}
  void* native() override { return nullptr; }
};

}  // namespace

size_t memory_limit() {
  static const size_t bytes = [] {
    const auto physical =
        static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    return static_cast<size_t>(std::min(physical, memory_quota().value_or(physical)));
  }();
  return bytes;
}

void* CpuDevice::allocate(size_t bytes) {
  // Large blocks start at a huge page: weights of megabytes otherwise miss the TLB at every row.
  const size_t alignment = bytes >= 2 * kHugePage ? kHugePage : kCacheLine;
  const size_t rounded = rounded_bytes(bytes);
  void* memory = nullptr;
  const size_t before = allocated_bytes.load();
  const bool possible = rounded >= bytes && rounded <= free_bytes();
  if (!possible || posix_memalign(&memory, alignment, rounded) != 0)
    fail(ExitCode::world, "cpu",
         "cannot allocate {:.1f} GiB of memory: of the {:.1f} GiB there are {:.1f} are in use by "
         "this process; use a smaller model, batch or data set, or more ranks",
         static_cast<double>(bytes) / (1u << 30), static_cast<double>(memory_limit()) / (1u << 30),
         static_cast<double>(before) / (1u << 30));
  allocated_bytes += rounded;
  if (alignment == kHugePage)
    madvise(memory, rounded, MADV_HUGEPAGE);  // a hint: failure costs speed
  return memory;
}

size_t CpuDevice::free_bytes() const {
  return memory_limit() - std::min(allocated_bytes.load(), memory_limit());
}

void CpuDevice::release(void* memory, size_t bytes) {
  allocated_bytes -= rounded_bytes(bytes);
  std::free(memory);
}

void CpuDevice::copy_from_host(void* device, const void* host, size_t bytes) {
  if (bytes > 0) std::memcpy(device, host, bytes);
}
void CpuDevice::copy_to_host(void* host, const void* device, size_t bytes) {
  if (bytes > 0) std::memcpy(host, device, bytes);
}
void CpuDevice::fill_zero(void* device, size_t bytes) {
  if (bytes > 0) std::memset(device, 0, bytes);
}
std::unique_ptr<Stream> CpuDevice::make_stream() { return std::make_unique<CpuStream>(); }

}  // namespace tutti
