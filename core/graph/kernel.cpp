#include "core/graph/kernel.h"

#include <map>
#include <mutex>
#include <string>

#include "core/base/error.h"

namespace tutti {
namespace {

struct KernelTable {
  std::mutex mutex;  // a device library registers its kernels when it is loaded
  std::map<std::pair<std::string, DeviceKind>, MakeKernel> slots;
};

KernelTable& kernel_table() {
  static KernelTable instance;
  return instance;
}

}  // namespace

bool register_kernel(std::string_view op, DeviceKind device, MakeKernel make) {
  std::lock_guard lock(kernel_table().mutex);
  const bool added =
      kernel_table().slots.emplace(std::pair(std::string(op), device), std::move(make)).second;
  if (!added)
    fail(ExitCode::internal, op, "two {} kernels are registered; keep one", name_of(device));
  return added;
}

bool has_kernel(std::string_view op, DeviceKind device) {
  std::lock_guard lock(kernel_table().mutex);
  return kernel_table().slots.contains({std::string(op), device});
}

std::unique_ptr<Kernel> make_kernel(const KernelRequest& request, DeviceKind device) {
  const MakeKernel* make = nullptr;
  {
    std::lock_guard lock(kernel_table().mutex);
    const auto found = kernel_table().slots.find({std::string(request.op->name()), device});
    if (found != kernel_table().slots.end()) make = &found->second;
  }
  if (!make)
    fail(ExitCode::missing, request.op->name(),
         "no {} kernel in this build; run this model on another device", name_of(device));
  return (*make)(request);
}

}  // namespace tutti
