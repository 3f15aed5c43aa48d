#include "core/device/device.h"

#include "core/device/cpu/cpu_device.h"

namespace tutti {

std::string_view name_of(DeviceKind kind) { return kind == DeviceKind::cpu ? "cpu" : "cuda"; }

Device& cpu_device() {
  static CpuDevice device;
  return device;
}

Device& device_of(DeviceKind kind) {
  return kind == DeviceKind::cpu ? cpu_device() : cuda_device();
}

}  // namespace tutti
