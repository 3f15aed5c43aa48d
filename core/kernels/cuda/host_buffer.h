// Pinned host memory in which a collective kernel meets the other ranks; allocated when it is made.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>

#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"

namespace tutti::cuda {

class HostBuffer {
 public:
  HostBuffer() = default;
  explicit HostBuffer(size_t bytes) : bytes_(bytes) {
    void* memory = nullptr;
    check(cudaMallocHost(&memory, bytes > 0 ? bytes : 1), "allocating pinned memory");
    memory_.reset(memory);
  }

  void* data() const { return memory_.get(); }
  size_t size() const { return bytes_; }

  // Copies all of it from the device and waits, also for what was sent before.
  void fetch(Stream* stream, const void* from) const {
    check(cudaMemcpyAsync(data(), from, bytes_, cudaMemcpyDeviceToHost, stream_of(stream)),
          "a collective");
    stream->synchronize();
  }
  // Queues a copy of the first `bytes` to the device.
  void send(Stream* stream, void* to, size_t bytes) const {
    check(cudaMemcpyAsync(to, data(), bytes, cudaMemcpyHostToDevice, stream_of(stream)),
          "a collective");
  }

 private:
  struct Free {
    void operator()(void* memory) const { cudaFreeHost(memory); }
  };
  std::unique_ptr<void, Free> memory_;
  size_t bytes_ = 0;
};

}  // namespace tutti::cuda
