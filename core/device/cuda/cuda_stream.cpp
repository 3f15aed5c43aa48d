#include "core/device/cuda/cuda_stream.h"

#include <cstring>

#include "core/device/cuda/cuda_check.h"

namespace tutti::cuda {

CudaStream::CudaStream(int device) : device_(device) {
  check(cudaSetDevice(device_), "choosing the GPU");
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
  check(cudaMalloc(&step_, kContextBytes), "making a stream");
  check(cudaMallocHost(&step_host_, kContextBytes), "making a stream");
}

CudaStream::~CudaStream() {
  cudaSetDevice(device_);
  abandon_recording();
  cudaStreamSynchronize(stream_);
  for (const Segment& segment : segments_)
    if (segment.graph) cudaGraphExecDestroy(segment.graph);
  cudaFreeHost(step_host_);
  cudaFree(step_);
  cudaStreamDestroy(stream_);
}

void CudaStream::synchronize() { check(cudaStreamSynchronize(stream_), "running a step"); }

void* CudaStream::native() {
  check(cudaSetDevice(device_), "choosing the GPU");
  return stream_;
}

void CudaStream::begin_step(const void* context, size_t bytes) {
  if (bytes > kContextBytes)
    fail(ExitCode::internal, "cuda",
         "a step's context of {} bytes is larger than {}; raise the bound", bytes, kContextBytes);
  native();
  abandon_recording();  // of a step that ended in an error
  // The copy of the step before has ended: a step ends with synchronize().
  std::memcpy(step_host_, context, bytes);
  check(cudaMemcpyAsync(step_, step_host_, bytes, cudaMemcpyHostToDevice, stream_),
        "beginning a step");
}

bool CudaStream::replay_segment(size_t segment) {
  if (segment >= segments_.size() || !segments_[segment].graph) return false;
  check(cudaGraphLaunch(segments_[segment].graph, stream_), "playing a recorded segment");
  return true;
}

void CudaStream::begin_segment(size_t segment) {
  if (segment >= segments_.size()) segments_.resize(segment + 1);
  if (segments_[segment].runs++ == 0) return;
  check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "recording a segment");
  recording_ = true;
}

void CudaStream::end_segment(size_t segment) {
  if (!recording_) return;
  recording_ = false;
  cudaGraph_t graph = nullptr;
  check(cudaStreamEndCapture(stream_, &graph), "recording a segment");
  const cudaError_t made = cudaGraphInstantiate(&segments_[segment].graph, graph, 0);
  cudaGraphDestroy(graph);
  check(made, "recording a segment");
  replay_segment(segment);
}

void CudaStream::abandon_recording() {
  if (!recording_) return;
  recording_ = false;
  cudaGraph_t graph = nullptr;
  cudaStreamEndCapture(stream_, &graph);
  if (graph) cudaGraphDestroy(graph);
  cudaGetLastError();
}

}  // namespace tutti::cuda
