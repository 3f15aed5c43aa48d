// How flat work is cut into blocks: one thread per element. Included by .cu files.
#pragma once

#include <cstdint>

namespace tutti::cuda {

constexpr int kThreads = 256;

inline unsigned blocks_for(int64_t count, int64_t per_block = kThreads) {
  return static_cast<unsigned>((count + per_block - 1) / per_block);
}

__device__ inline int64_t global_thread() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

}  // namespace tutti::cuda
