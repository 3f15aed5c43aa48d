// Devices: where storage lives and kernels run.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace tutti {

enum class DeviceKind { cpu, cuda };
std::string_view name_of(DeviceKind kind);  // "cpu", "cuda"

// Work is queued on a stream and done in order. A CPU stream does it at once.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual void synchronize() = 0;
  virtual void* native() = 0;  // cudaStream_t; null on CPU

  // A segment is a run of calls that are the same at every step. A stream that keeps it plays it
  // again and returns true; otherwise the caller queues its calls between begin and end.
  virtual bool replay_segment(size_t segment) { return (void)segment, false; }
  virtual void begin_segment(size_t segment) { (void)segment; }
  virtual void end_segment(size_t segment) { (void)segment; }
  // What does change from step to step, before the step's first call; kernels that are played again
  // read it from the stream.
  virtual void begin_step(const void* context, size_t bytes) { (void)context, (void)bytes; }
};

class Device {
 public:
  virtual ~Device() = default;
  virtual DeviceKind kind() const = 0;
  virtual std::string name() const = 0;  // "cpu", "cuda:0 NVIDIA H200"

  // 64-byte aligned, uninitialised. Throws naming the size when memory is short.
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(void* memory, size_t bytes) = 0;
  // Bytes that allocate() can still give. The largest number where only trying tells.
  virtual size_t free_bytes() const { return std::numeric_limits<size_t>::max(); }
  // Each copy is complete when it returns.
  virtual void copy_from_host(void* device, const void* host, size_t bytes) = 0;
  virtual void copy_to_host(void* host, const void* device, size_t bytes) = 0;
  virtual void fill_zero(void* device, size_t bytes) = 0;
  virtual std::unique_ptr<Stream> make_stream() = 0;
};

Device& cpu_device();
// Bytes that this process may use: the machine's, or what a control group leaves of them.
size_t memory_limit();
// The CUDA device of this process; throws ExitCode::missing, saying why, if there is none.
Device& cuda_device();
bool has_cuda();  // loads libtutti_cuda.so when a driver is there
Device& device_of(DeviceKind kind);

// Called by libtutti_cuda.so as it loads: the device, or why there is none ("no GPU is visible").
void register_cuda_device(Device* device);
void decline_cuda_device(std::string reason);

}  // namespace tutti
