// Executable: a whole step for one device, one shape and one place in the world. Segments of kernel
// calls separated by collectives, over one planned arena; a run allocates nothing and looks up
// nothing.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/device/thread_pool.h"
#include "core/graph/graph.h"
#include "core/graph/kernel.h"
#include "core/graph/reducer.h"

namespace tutti {

struct ExecutableOptions {
  Device* device = &cpu_device();
  ThreadPool* pool = nullptr;  // null: the calling thread alone
  Reducer* reducer = &local_reducer();
  ShardLayout layout;     // batch, shards, rank, world
  bool training = false;  // which side of in_training
  // Memory to run in where it is large enough: of Executables that never run at the same time.
  std::shared_ptr<Storage> arena;
  // Bytes that inputs and arena may take on this rank. Where they would take more, all ranks run
  // their shards in several passes, the fewest (a power of two) that fit; the bits stay the same.
  size_t memory = kAnyMemory;

  static constexpr size_t kAnyMemory = std::numeric_limits<size_t>::max();
};

class Executable {
 public:
  // Runs the passes, makes the kernels, plans the arena. Throws for an empty kernel slot.
  Executable(const Graph& graph, const ExecutableOptions& options);
  ~Executable();

  // Where a step's inputs are written and its outputs are read: this rank's rows for row values.
  // They stay the same memory from run to run (on the device).
  const Tensor& input(size_t index) const;
  const Tensor& output(size_t index) const;

  void run(const StepContext& step);

  size_t arena_bytes() const;                     // that its values take
  const std::shared_ptr<Storage>& arena() const;  // theirs, which may be larger
  int passes() const;                             // over its shards in a run
  std::string describe() const;                   // a line per kernel call, a rule between segments

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Values of graphs that have no rows and no inputs, at once: what ops on Tensors use.
std::vector<Tensor> evaluate(const std::vector<Value>& values);
Tensor evaluate(const Value& value);

}  // namespace tutti
