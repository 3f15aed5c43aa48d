// What follows a product on CUDA: a bias and a relu that cuBLASLt applies itself, or any program.
#pragma once

#include <memory>

#include "core/graph/kernel.h"
#include "core/graph/program.h"
#include "core/kernels/cuda/cublas_product.h"
#include "core/kernels/cuda/program_compiler.h"

namespace tutti::cuda {

// What the library can do of the program, which must be exactly that; `none` where it cannot.
ProductEpilogue library_epilogue(const Program& program, int64_t columns);

// A program over the product, which is made in an output of its own dtype, or in the workspace if
// there is none, and is the program's input 0.
class MatmulProgram {
 public:
  MatmulProgram(const Program& program, const KernelRequest& request);

  size_t workspace_bytes() const { return bytes_; }
  void* product(const KernelCall& call, void* workspace) const {
    return bytes_ > 0 ? workspace : call.outputs[place_];
  }
  void run(const KernelCall& call, void* product) const;

 private:
  CompiledProgram program_;
  int64_t count_;
  size_t further_, outputs_, place_ = 0, bytes_ = 0;
};

}  // namespace tutti::cuda
