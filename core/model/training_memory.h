// Whether there is room to train a model, from its shapes alone.
#pragma once

#include <optional>
#include <string>

#include "core/base/shard_layout.h"
#include "core/model/model.h"
#include "core/model/world.h"

namespace tutti {

struct MemoryShortage {
  std::string layer;  // the one that takes most
  std::string message;
};

// Nothing, or what is short. Training a batch must hold at once, on this rank: the parameters; a
// gradient of them for each root of the summation tree that the rank owns; its share of the
// optimizer's state; what its rows put out in every layer, kept for the gradient, and the gradient
// of the largest of these. That is, for as many passes over the rank's shards as take least: then
// the rows are those of one pass, and the roots those that wait for other passes. There are `limit`
// bytes. What is let through may still not fit, for kernels take memory too; what is not cannot
// fit. The model is complete, its weights need not be drawn. Only of the CPU's memory: a GPU's
// refuses by itself, at once.
std::optional<MemoryShortage> memory_shortage(const Model& model, const Optimizer& optimizer,
                                              const ShardLayout& layout,
                                              size_t limit = current_world().memory_share());

}  // namespace tutti
