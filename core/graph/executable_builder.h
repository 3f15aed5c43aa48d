// How a graph becomes an Executable: schedule, bind shapes, find each value its memory, make
// kernels.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/graph/executable.h"
#include "core/graph/memory_plan.h"

namespace tutti {

// One kernel call of a step; its pointers lie in the step's pointer table.
struct StepCall {
  std::unique_ptr<Kernel> kernel;
  KernelCall call;
  std::vector<int64_t> tiles;  // per phase
  bool collective = false;
  std::string label;      // "matmul (128, 600) @ model/dense"
  const char* name = "";  // "matmul @ model/dense", interned: what is seen while it runs
};

// What an Executable is made of. Order matters: calls point into the memory before them.
struct Step {
  std::vector<Tensor> inputs, outputs, constants;
  std::shared_ptr<Storage> arena;
  std::vector<std::unique_ptr<void*[]>> pointers;
  std::vector<std::shared_ptr<Node>> nodes;  // keeps ops, variables and groups alive
  std::vector<StepCall> calls;
  size_t arena_bytes = 0;
  int passes = 1;
};

Step build_step(const Graph& graph, const ExecutableOptions& options);

}  // namespace tutti
