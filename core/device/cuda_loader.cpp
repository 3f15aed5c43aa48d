#include "core/device/cuda_loader.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <mutex>

#include "core/base/error.h"
#include "core/device/build_id_text.h"
#include "core/device/device.h"

#define TUTTI_TEXT_OF_ID_(id) #id
#define TUTTI_TEXT_OF_ID(id) TUTTI_TEXT_OF_ID_(id)
#define TUTTI_BUILD_SYMBOL_(id) tutti_build_##id
#define TUTTI_BUILD_SYMBOL_OF(id) TUTTI_BUILD_SYMBOL_(id)

// The CUDA library needs this symbol by name.
extern "C" {
extern const char TUTTI_BUILD_SYMBOL_OF(TUTTI_BUILD_ID)[];
const char TUTTI_BUILD_SYMBOL_OF(TUTTI_BUILD_ID)[] = TUTTI_TEXT_OF_ID(TUTTI_BUILD_ID);
}

namespace tutti {
namespace {

struct CudaSlot {
  Device* device = nullptr;
  std::string reason = "libtutti_cuda.so did not register a device";
};

CudaSlot& cuda_slot() {
  static CudaSlot slot;
  return slot;
}

// The folder of libtutti.so, or of the program it is linked into.
std::filesystem::path library_folder() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<const void*>(&cuda_slot), &info) || !info.dli_fname) return {};
  return std::filesystem::path(info.dli_fname).parent_path();
}

void load_cuda() {
  CudaSlot& slot = cuda_slot();
  if (slot.device) return;
  // Without a driver there is nothing to load the library for.
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (!driver) {
    slot.reason = "no NVIDIA driver (libcuda.so.1) on this machine";
    return;
  }
  const std::filesystem::path path = library_folder() / "libtutti_cuda.so";
  if (!std::filesystem::exists(path)) {
    slot.reason = "this build has no libtutti_cuda.so";
    return;
  }
  const std::string problem = load_cuda_library(path.string());
  if (!problem.empty()) slot.reason = problem;
}

}  // namespace

std::string build_id() { return TUTTI_TEXT_OF_ID(TUTTI_BUILD_ID); }

std::string load_cuda_library(const std::string& path) {
  // All symbols now: one that is missing is found before any code of the library runs.
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return "";
  const char* text = dlerror();
  std::string problem = text ? text : "it cannot be loaded";
  const size_t symbol = problem.find("tutti_build_");
  if (symbol == std::string::npos) return problem;
  return fmt::format(
      "{} is of build {}, this libtutti.so is of build {}: install both from one build", path,
      problem.substr(symbol + 12, 16), build_id());
}

bool has_cuda() {
  static std::once_flag once;
  std::call_once(once, load_cuda);
  return cuda_slot().device != nullptr;
}

Device& cuda_device() {
  if (!has_cuda())
    fail(ExitCode::missing, "cuda", "{}; run on the CPU with device: cpu", cuda_slot().reason);
  return *cuda_slot().device;
}

void register_cuda_device(Device* device) { cuda_slot().device = device; }
void decline_cuda_device(std::string reason) { cuda_slot().reason = std::move(reason); }

}  // namespace tutti
