// Every call of the CUDA runtime goes through check().
#pragma once

#include <cuda_runtime_api.h>

#include "core/base/error.h"

namespace tutti::cuda {

// `what` names the attempt: "copy to the GPU".
inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  fail(ExitCode::internal, "cuda",
       "{} failed: {} ({}); run again with CUDA_LAUNCH_BLOCKING=1 to find the call", what,
       cudaGetErrorString(status), cudaGetErrorName(status));
}

// After a kernel was queued.
inline void check_launch(const char* what) { check(cudaGetLastError(), what); }

}  // namespace tutti::cuda
