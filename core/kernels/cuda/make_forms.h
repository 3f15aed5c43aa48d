// Makes kernels of one form, or the f32 or f64 form by the dtype of the first input.
#pragma once

#include <memory>

#include "core/base/error.h"
#include "core/graph/kernel.h"

namespace tutti::cuda {

template <typename K>
std::unique_ptr<Kernel> make_one(const KernelRequest& request) {
  return std::make_unique<K>(request);
}

template <template <typename> class KernelOf>
std::unique_ptr<Kernel> make_floating(const KernelRequest& request) {
  switch (request.inputs[0].dtype) {
    case DType::f32:
      return std::make_unique<KernelOf<float>>(request);
    case DType::f64:
      return std::make_unique<KernelOf<double>>(request);
    default:
      fail(ExitCode::missing, request.op->name(), "no cuda kernel for {}; cast it to float32",
           name_of(request.inputs[0].dtype));
  }
}

}  // namespace tutti::cuda
