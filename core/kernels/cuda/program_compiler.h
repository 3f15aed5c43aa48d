// Fused programs compiled at run time, once per process and source.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/graph/program.h"

namespace tutti::cuda {

// The machine code of `source` for an architecture ("sm_90"); needs no GPU. Throws what the
// compiler says.
std::vector<char> compile_program(const std::string& source, const std::string& architecture);
// The architectures that the compiler knows: "sm_75", ...
std::vector<std::string> program_architectures();

// A program on the GPU of this process. Compiled when first asked for; copies share the code.
class CompiledProgram {
 public:
  explicit CompiledProgram(const std::string& source);

  static constexpr size_t kMostBuffers =
      500;  // what a kernel's arguments hold on every architecture
  // Queues it for elements [0, count); `buffers` are the inputs that are not immediate, then the
  // outputs.
  void launch(cudaStream_t stream, int64_t count, std::span<void* const> buffers) const;

 private:
  struct Code;
  std::shared_ptr<const Code> code_;
};

}  // namespace tutti::cuda
