#include "distributed/shared_memory/segment.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tutti {

ShmSegment ShmSegment::create() {
  // Ranks in other process-id namespaces may have our id: try on until a name is free.
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::string name = fmt::format("/tutti-{}-{}", getpid(), attempt);
    const int descriptor = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor >= 0) return {std::move(name), descriptor, true};
    if (errno != EEXIST) break;
  }
  return {"", -1, false};
}

ShmSegment ShmSegment::open(const std::string& name) {
  const int descriptor = name.empty() ? -1 : shm_open(name.c_str(), O_RDWR | O_CLOEXEC, 0);
  return {name, descriptor, false};
}

ShmSegment::ShmSegment(ShmSegment&& other) noexcept
    : name_(std::move(other.name_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      owner_(std::exchange(other.owner_, false)) {}

ShmSegment::~ShmSegment() {
  if (owner_) shm_unlink(name_.c_str());
  if (descriptor_ >= 0) close(descriptor_);
}

bool ShmSegment::reserve(size_t offset, size_t bytes) {
  if (descriptor_ < 0) return false;
  return bytes == 0 ||
         posix_fallocate(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0;
}

std::shared_ptr<std::byte> ShmSegment::map(size_t bytes) const {
  if (descriptor_ < 0) return nullptr;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (memory == MAP_FAILED) return nullptr;
  return {static_cast<std::byte*>(memory), [bytes](std::byte* mapped) { munmap(mapped, bytes); }};
}

}  // namespace tutti
