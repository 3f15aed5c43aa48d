#include "core/device/device.h"

#include <dlfcn.h>

#include <filesystem>
#include <mutex>

#include "core/base/error.h"
#include "core/device/cpu/cpu_device.h"

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
  // Without a driver the CUDA library could not even be loaded.
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (!driver) {
    slot.reason = "no NVIDIA driver (libcuda.so.1) on this machine";
    return;
  }
  const std::string path = (library_folder() / "libtutti_cuda.so").string();
  if (!std::filesystem::exists(path)) {
    slot.reason = "this build has no libtutti_cuda.so";
  } else if (!dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
    slot.reason = dlerror();
  }
}

}  // namespace

std::string_view name_of(DeviceKind kind) { return kind == DeviceKind::cpu ? "cpu" : "cuda"; }

Device& cpu_device() {
  static CpuDevice device;
  return device;
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

Device& device_of(DeviceKind kind) {
  return kind == DeviceKind::cpu ? cpu_device() : cuda_device();
}

void register_cuda_device(Device* device) { cuda_slot().device = device; }
void decline_cuda_device(std::string reason) { cuda_slot().reason = std::move(reason); }

}  // namespace tutti
