// The GPU of this process: its memory and streams.
#pragma once

#include <string>

#include "core/device/device.h"

namespace tutti::cuda {

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(int index);

  DeviceKind kind() const override { return DeviceKind::cuda; }
  std::string name() const override { return name_; }

  void* allocate(size_t bytes) override;
  void release(void* memory, size_t bytes) override;
  void copy_from_host(void* device, const void* host, size_t bytes) override;
  void copy_to_host(void* host, const void* device, size_t bytes) override;
  void fill_zero(void* device, size_t bytes) override;
  std::unique_ptr<Stream> make_stream() override;

  std::string architecture() const { return architecture_; }  // "sm_90"

 private:
  void use() const;

  int index_;
  std::string name_, architecture_;
};

// Which of `count` visible GPUs is this rank's: they are dealt out to the ranks of one host in
// turn, as the launcher numbers them (Open MPI, Slurm, MPICH); 0 without a launcher.
int gpu_of_rank(int count);

}  // namespace tutti::cuda
