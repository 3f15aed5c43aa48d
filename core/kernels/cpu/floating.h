// Picks the f32 or f64 form of a kernel by the dtype of its first input.
#pragma once

#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/graph/kernel.h"

namespace tutti::cpu {

template <template <typename> class KernelOf, typename... Arguments>
std::unique_ptr<Kernel> make_floating(const char* op, const KernelRequest& request,
                                      Arguments&&... arguments) {
  switch (request.inputs[0].dtype) {
    case DType::f32:
      return std::make_unique<KernelOf<float>>(request, std::forward<Arguments>(arguments)...);
    case DType::f64:
      return std::make_unique<KernelOf<double>>(request, std::forward<Arguments>(arguments)...);
    default:
      fail(ExitCode::missing, op, "no CPU kernel for {}; cast it to float32",
           name_of(request.inputs[0].dtype));
  }
}

}  // namespace tutti::cpu
