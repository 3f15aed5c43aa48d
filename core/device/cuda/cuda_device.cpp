#include "core/device/cuda/cuda_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_stream.h"

namespace tutti::cuda {

CudaDevice::CudaDevice(int index) : index_(index) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, index_), "asking for the GPU's name");
  name_ = fmt::format("cuda:{} {}", index_, properties.name);
  architecture_ = fmt::format("sm_{}{}", properties.major, properties.minor);
}

void CudaDevice::use() const { check(cudaSetDevice(index_), "choosing the GPU"); }

void* CudaDevice::allocate(size_t bytes) {
  use();
  void* memory = nullptr;
  if (const cudaError_t status = cudaMalloc(&memory, std::max<size_t>(bytes, 1));
      status != cudaSuccess) {
    cudaGetLastError();  // not of the next call
    fail(ExitCode::world, "cuda",
         "cannot allocate {:.3f} GiB on {} ({}); use a smaller model or batch, or more ranks",
         static_cast<double>(bytes) / (1u << 30), name_, cudaGetErrorString(status));
  }
  return memory;
}

void CudaDevice::release(void* memory, size_t) {
  // At the end of a process the driver may be gone before the last tensor; so is the memory then.
  if (cudaSetDevice(index_) == cudaSuccess) cudaFree(memory);
}

// The copies go over the default stream, and are waited for: one of pageable memory may return
// before its last bytes have arrived.
void CudaDevice::copy_from_host(void* device, const void* host, size_t bytes) {
  if (bytes == 0) return;
  use();
  check(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice), "copying to the GPU");
  check(cudaStreamSynchronize(nullptr), "copying to the GPU");
}

void CudaDevice::copy_to_host(void* host, const void* device, size_t bytes) {
  if (bytes == 0) return;
  use();
  check(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost), "copying from the GPU");
}

void CudaDevice::fill_zero(void* device, size_t bytes) {
  if (bytes == 0) return;
  use();
  check(cudaMemset(device, 0, bytes), "clearing memory of the GPU");
  check(cudaStreamSynchronize(nullptr), "clearing memory of the GPU");
}

std::unique_ptr<Stream> CudaDevice::make_stream() { return std::make_unique<CudaStream>(index_); }

int gpu_of_rank(int count) {
  for (const char* name : {"OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID", "MPI_LOCALRANKID"})
    if (const char* text = std::getenv(name)) return count > 0 ? std::atoi(text) % count : 0;
  return 0;
}

}  // namespace tutti::cuda
