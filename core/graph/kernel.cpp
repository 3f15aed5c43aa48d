#include "core/graph/kernel.h"

#include <map>
#include <mutex>
#include <string>

#include "core/base/error.h"
#include "core/graph/random_op.h"

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

// A random op with a seed of its own runs as in a job of that seed: no kernel need know.
class SeededKernel final : public Kernel {
 public:
  SeededKernel(std::unique_ptr<Kernel> kernel, uint64_t seed)
      : kernel_(std::move(kernel)), seed_(seed) {}
  int64_t tiles() const override { return kernel_->tiles(); }
  int64_t phases() const override { return kernel_->phases(); }
  int64_t tiles_of(int64_t phase) const override { return kernel_->tiles_of(phase); }
  size_t workspace_bytes() const override { return kernel_->workspace_bytes(); }
  void run(const KernelCall& call, int64_t tile) const override {
    const StepContext step{seed_, call.step->step};
    KernelCall seeded = call;
    seeded.step = &step;
    kernel_->run(seeded, tile);
  }

 private:
  std::unique_ptr<Kernel> kernel_;
  uint64_t seed_;
};

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
  const auto* random = dynamic_cast<const RandomOp*>(request.op);
  if (!random || !random->seed()) return (*make)(request);
  // Elsewhere the step lies in the device's memory, where its seed cannot be exchanged.
  if (device != DeviceKind::cpu)
    fail(ExitCode::missing, request.op->name(),
         "a seed of its own has no {} kernel in this build; leave out the layer's seed",
         name_of(device));
  return std::make_unique<SeededKernel>((*make)(request), *random->seed());
}

}  // namespace tutti
