#include "core/kernels/cuda/program_compiler.h"

#include <nvrtc.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "core/base/error.h"
#include "core/device/cuda/cuda_check.h"
#include "core/device/cuda/cuda_device.h"
#include "core/kernels/cuda/embedded_headers.h"
#include "core/kernels/cuda/program_source.h"

namespace tutti::cuda {
namespace {

constexpr unsigned kProgramThreads = 256;

void check_compiler(nvrtcResult status, const char* what) {
  if (status != NVRTC_SUCCESS)
    fail(ExitCode::internal, "fused",
         "{} failed: {}; check that NVRTC is of the toolkit of this build", what,
         nvrtcGetErrorString(status));
}

// Owns one program of the compiler.
class CompilerRun {
 public:
  explicit CompilerRun(const std::string& source) {
    std::vector<const char*> texts, paths;
    for (const EmbeddedHeader& header : embedded_headers())
      texts.push_back(header.text), paths.push_back(header.path);
    check_compiler(nvrtcCreateProgram(&program_, source.c_str(), "tutti_program.cu",
                                      static_cast<int>(texts.size()), texts.data(), paths.data()),
                   "beginning to compile a program");
  }
  ~CompilerRun() { nvrtcDestroyProgram(&program_); }
  CompilerRun(const CompilerRun&) = delete;

  void compile(const std::string& architecture) {
    const std::string target = "--gpu-architecture=" + architecture;
    // Our rounding: multiply-add only where written; subnormal floats are zero, as on CPU. The ops'
    // gradients, which no program calls, are not marked as device code.
    const char* options[] = {target.c_str(),
                             "--std=c++17",
                             "--fmad=false",
                             "--ftz=true",
                             "--prec-div=true",
                             "--prec-sqrt=true",
                             "--device-as-default-execution-space",
                             "-w"};
    if (nvrtcCompileProgram(program_, static_cast<int>(std::size(options)), options) ==
        NVRTC_SUCCESS)
      return;
    size_t size = 0;
    check_compiler(nvrtcGetProgramLogSize(program_, &size), "compiling a program");
    std::string log(size, '\0');
    nvrtcGetProgramLog(program_, log.data());
    fail(ExitCode::internal, "fused",
         "a program does not compile for {}:\n{}report it with the model", architecture,
         log.c_str());
  }

  std::vector<char> machine_code() const {
    size_t size = 0;
    check_compiler(nvrtcGetCUBINSize(program_, &size), "reading a compiled program");
    std::vector<char> code(size);
    check_compiler(nvrtcGetCUBIN(program_, code.data()), "reading a compiled program");
    return code;
  }

 private:
  nvrtcProgram program_ = nullptr;
};

}  // namespace

std::vector<char> compile_program(const std::string& source, const std::string& architecture) {
  CompilerRun run(source);
  run.compile(architecture);
  return run.machine_code();
}

std::vector<std::string> program_architectures() {
  int count = 0;
  check_compiler(nvrtcGetNumSupportedArchs(&count), "asking for the architectures");
  std::vector<int> numbers(static_cast<size_t>(count));
  check_compiler(nvrtcGetSupportedArchs(numbers.data()), "asking for the architectures");
  std::vector<std::string> names;
  for (const int number : numbers) names.push_back("sm_" + std::to_string(number));
  return names;
}

struct CompiledProgram::Code {
  explicit Code(const std::string& source) {
    const auto& device = static_cast<const CudaDevice&>(cuda_device());
    const std::string architecture = device.architecture();
    const auto known = program_architectures();
    if (std::ranges::find(known, architecture) == known.end())
      fail(ExitCode::missing, "fused",
           "NVRTC of this build knows no {}; use a newer CUDA toolkit, or device: cpu",
           architecture);
    machine_code = compile_program(source, architecture);
    check(cudaLibraryLoadData(&library, machine_code.data(), nullptr, nullptr, 0, nullptr, nullptr,
                              0),
          "loading a compiled program");
    check(cudaLibraryGetKernel(&kernel, library, kProgramKernel), "finding a compiled program");
  }

  std::vector<char> machine_code;
  cudaLibrary_t library = nullptr;  // for the life of the process: graphs may still hold its kernel
  cudaKernel_t kernel = nullptr;
};

CompiledProgram::CompiledProgram(const std::string& source) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Code>> programs;
  std::lock_guard lock(mutex);
  auto& found = programs[source];
  if (!found) found = std::make_shared<const Code>(source);
  code_ = found;
}

void CompiledProgram::launch(cudaStream_t stream, int64_t count,
                             std::span<void* const> buffers) const {
  if (count == 0) return;
  void* arguments[] = {&count, const_cast<void**>(buffers.data())};
  const auto blocks = static_cast<unsigned>((count + kProgramThreads - 1) / kProgramThreads);
  check(cudaLaunchKernel(reinterpret_cast<const void*>(code_->kernel), dim3(blocks),
                         dim3(kProgramThreads), arguments, 0, stream),
        "queueing a fused program");
}

}  // namespace tutti::cuda
