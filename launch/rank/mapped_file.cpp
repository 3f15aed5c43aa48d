#include "launch/rank/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/base/error.h"

namespace tutti {
namespace {

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

[[noreturn]] void refuse(const std::filesystem::path& path, int reason) {
  fail(ExitCode::io, path.string(), "{}; free memory in this folder, or train with commit: off",
       std::strerror(reason));
}

Tensor map(const std::filesystem::path& path, const Descriptor& file, int64_t bytes, int access) {
  if (bytes == 0) return Tensor::zeros({0}, DType::u8);
  const auto size = static_cast<size_t>(bytes);
  // With its pages: their faults would make the first commit three times as long as the next.
  void* memory = ::mmap(nullptr, size, access, MAP_SHARED | MAP_POPULATE, file.number, 0);
  if (memory == MAP_FAILED) refuse(path, errno);
  const std::shared_ptr<void> owner(memory, [size](void* mapped) { ::munmap(mapped, size); });
  return Tensor(std::make_shared<Storage>(cpu_device(), memory, size, owner), 0, Shape{bytes},
                DType::u8);
}

}  // namespace

Tensor make_mapped_file(const std::filesystem::path& path, int64_t bytes) {
  ::unlink(path.c_str());  // who has the old one mapped keeps it
  const Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (file.number < 0) refuse(path, errno);
  if (bytes > 0)
    if (const int reason = ::posix_fallocate(file.number, 0, bytes)) {
      ::unlink(path.c_str());
      refuse(path, reason);
    }
  return map(path, file, bytes, PROT_READ | PROT_WRITE);
}

Tensor open_mapped_file(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  struct stat status = {};
  if (file.number < 0 || ::fstat(file.number, &status) != 0) refuse(path, errno);
  return map(path, file, status.st_size, PROT_READ);
}

}  // namespace tutti
