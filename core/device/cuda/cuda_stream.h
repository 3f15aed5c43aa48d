// A stream of the GPU. Segments of a step are recorded into CUDA graphs: the first run of one is
// plain (libraries load their code then), the second is recorded, later ones are played.
#pragma once

#include <cuda_runtime_api.h>

#include <vector>

#include "core/device/device.h"

namespace tutti::cuda {

class CudaStream final : public Stream {
 public:
  explicit CudaStream(int device);
  ~CudaStream() override;
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;

  void synchronize() override;
  void* native() override;  // also makes the stream's GPU the calling thread's

  bool replay_segment(size_t segment) override;
  void begin_segment(size_t segment) override;
  void end_segment(size_t segment) override;
  void begin_step(const void* context, size_t bytes) override;

  // The context of begin_step(), in the GPU's memory.
  const void* step_context() const { return step_; }

 private:
  static constexpr size_t kContextBytes = 64;

  struct Segment {
    int runs = 0;
    cudaGraphExec_t graph = nullptr;
  };

  void abandon_recording();

  int device_;
  cudaStream_t stream_ = nullptr;
  bool recording_ = false;
  void* step_ = nullptr;       // on the GPU
  void* step_host_ = nullptr;  // pinned
  std::vector<Segment> segments_;
};

// The stream that a call is queued on.
inline cudaStream_t stream_of(Stream* stream) {
  return static_cast<cudaStream_t>(stream->native());
}

}  // namespace tutti::cuda
