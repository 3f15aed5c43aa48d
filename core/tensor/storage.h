// A reference-counted piece of device memory.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "core/device/device.h"

namespace tutti {

class Storage {
 public:
  Storage(Device& device, size_t bytes)
      : device_(&device), bytes_(bytes), memory_(device.allocate(bytes)) {}
  // Memory owned by somebody else (a shared segment, a mapped file); `owner` keeps it alive.
  Storage(Device& device, void* memory, size_t bytes, std::shared_ptr<void> owner)
      : device_(&device),
        bytes_(bytes),
        memory_(memory),
        owner_(std::move(owner)),
        borrowed_(true) {}
  ~Storage() {
    if (!borrowed_) device_->release(memory_, bytes_);
  }
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // Keeps what its elements point to alive.
  void keep(std::shared_ptr<const void> pointed_to) { kept_.push_back(std::move(pointed_to)); }

  Device& device() const { return *device_; }
  std::byte* bytes() const { return static_cast<std::byte*>(memory_); }
  size_t size() const { return bytes_; }

 private:
  Device* device_;
  size_t bytes_;
  void* memory_;
  std::shared_ptr<void> owner_;
  std::vector<std::shared_ptr<const void>> kept_;
  bool borrowed_ = false;
};

}  // namespace tutti
