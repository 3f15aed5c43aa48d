// Kernels: an op on a device for fixed shapes. A kernel is made once, when an Executable is built,
// and then only run: no allocation, no look-up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/shard_layout.h"
#include "core/device/device.h"
#include "core/graph/op.h"

namespace tutti {

class Reducer;

// What changes from step to step.
struct StepContext {
  uint64_t seed = 0;  // of the job
  int64_t step = 0;   // counts batches over all epochs: the Philox counter
};

struct KernelCall {
  void* const* inputs = nullptr;
  void* const* outputs = nullptr;
  const StepContext* step = nullptr;
  Stream* stream = nullptr;   // null on CPU
  void* workspace = nullptr;  // the kernel's workspace_bytes(), 64-byte aligned, uninitialised
  int64_t phase = 0;
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  // Independent pieces of the work, a function of shapes alone. Any thread may run any of them.
  virtual int64_t tiles() const { return 1; }
  // Work that needs a barrier inside: all tiles of call.phase 0 end before those of phase 1 begin.
  virtual int64_t phases() const { return 1; }
  virtual int64_t tiles_of(int64_t phase) const { return (void)phase, tiles(); }
  // Memory that lives for one run and is planned in the arena.
  virtual size_t workspace_bytes() const { return 0; }
  virtual void run(const KernelCall& call, int64_t tile) const = 0;
};

// All a kernel may know when it is made. Shapes are bound: a row value's axis 0 is the rank's rows.
struct KernelRequest {
  const Op* op = nullptr;
  std::vector<ValueType> inputs, outputs;
  ShardLayout layout;
  std::vector<int64_t> shard_rows;  // offsets of the owned shards in the rank's rows: first is 0
  std::vector<Range> roots;         // owned subtree roots as ranges of indices into shard_rows
  // Elements between the consecutive roots of each partial input or output (0 for other kinds).
  std::vector<int64_t> input_root_stride, output_root_stride;
  Reducer* reducer = nullptr;
  int64_t first_row = 0;  // of the rank, in the global batch: for random numbers
};

using MakeKernel = std::function<std::unique_ptr<Kernel>(const KernelRequest&)>;

// Fills a slot; at load. A second kernel for the same slot is an error.
bool register_kernel(std::string_view op, DeviceKind device, MakeKernel make);
// Throws "[relu] no cuda kernel in this build" for an empty slot.
std::unique_ptr<Kernel> make_kernel(const KernelRequest& request, DeviceKind device);
bool has_kernel(std::string_view op, DeviceKind device);

#define TUTTI_CONCAT_KERNEL_(a, b) a##b
#define TUTTI_CONCAT_KERNEL(a, b) TUTTI_CONCAT_KERNEL_(a, b)
#define TUTTI_KERNEL(op, device, make)                                                 \
  [[maybe_unused]] static const bool TUTTI_CONCAT_KERNEL(tutti_kernel_, __COUNTER__) = \
      ::tutti::register_kernel(op, device, make)

}  // namespace tutti
