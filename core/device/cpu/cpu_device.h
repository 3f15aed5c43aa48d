// The host as a device: memory from the C library, copies and streams that do their work at once.
#pragma once

#include "core/device/device.h"

namespace tutti {

class CpuDevice final : public Device {
 public:
  DeviceKind kind() const override { return DeviceKind::cpu; }
  std::string name() const override { return "cpu"; }
  void* allocate(size_t bytes) override;
  void release(void* memory, size_t bytes) override;
  size_t free_bytes() const override;
  void copy_from_host(void* device, const void* host, size_t bytes) override;
  void copy_to_host(void* host, const void* device, size_t bytes) override;
  void fill_zero(void* device, size_t bytes) override;
  std::unique_ptr<Stream> make_stream() override;
};

}  // namespace tutti
