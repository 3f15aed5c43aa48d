// As the library is loaded it enters its device, or says why there is none.
#include <fmt/format.h>

#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_device.h"

namespace tutti::cuda {
namespace {

bool enter_cuda_device() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    cudaGetLastError();
    decline_cuda_device(
        fmt::format("no CUDA driver that serves this build ({})", cudaGetErrorString(status)));
    return false;
  }
  if (count == 0) {
    decline_cuda_device("no GPU is visible");
    return false;
  }
  try {
    static CudaDevice device(gpu_of_rank(count));
    register_cuda_device(&device);
  } catch (const Error& error) {  // nothing may leave a library that is being loaded
    decline_cuda_device(error.what());
    return false;
  }
  return true;
}

[[maybe_unused]] const bool cuda_device_entered = enter_cuda_device();

}  // namespace
}  // namespace tutti::cuda
