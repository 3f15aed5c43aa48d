// POSIX shared memory of our own: a named segment that lives only until every rank has mapped it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace tutti {

class ShmSegment {
 public:
  // A new, empty segment under a name nobody uses, readable by this user alone. The name goes when
  // this object does, so a world that fails while it maps leaves nothing behind.
  static ShmSegment create();
  static ShmSegment open(const std::string& name);
  ShmSegment(ShmSegment&& other) noexcept;
  ShmSegment(const ShmSegment&) = delete;
  ~ShmSegment();

  const std::string& name() const { return name_; }
  // Makes sure of memory for [offset, offset + bytes), near the core that calls. False when the
  // host has none left: without this the first write would be a bus error.
  bool reserve(size_t offset, size_t bytes);
  // Maps `bytes` from the start; unmapped with the pointer. Null when that fails.
  std::shared_ptr<std::byte> map(size_t bytes) const;

 private:
  ShmSegment(std::string name, int descriptor, bool owner)
      : name_(std::move(name)), descriptor_(descriptor), owner_(owner) {}
  std::string name_;
  int descriptor_ = -1;  // -1: the segment could not be made or opened
  bool owner_ = false;
};

}  // namespace tutti
