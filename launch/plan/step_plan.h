// What a training step will be on each rank of a world that is not there: its rows, its share, its
// memory, what it exchanges. Found by tracing the step as that rank would.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/model/model.h"

namespace tutti {

struct RankPlan {
  int rank = 0;
  Range rows, shards;
  // Elements that meet in one reduce-scatter and one all-gather: of one optimizer.
  struct Bucket {
    std::string dtype;
    int64_t elements = 0, share = 0;  // of all ranks; of this one
  };
  std::vector<Bucket> buckets = {};
  std::vector<std::string> collectives = {};  // in the order in which all ranks meet: a line each
  // Bytes: of the weights, this rank's part of the optimizer's state, its rows of a batch, and the
  // arena in which its gradients and activations live.
  size_t weights = 0, optimizer_state = 0, inputs = 0, arena = 0;
  size_t trained = 0;  // bytes of the weights that are trained
  int passes = 1;      // over its shards, where memory is short
  size_t memory() const { return weights + optimizer_state + inputs + arena; }
};

// A compiled model with its weights, made anew at each call: an optimizer belongs to one world.
using ModelMaker = std::function<std::shared_ptr<Model>()>;

// Of every rank of `ranks`, in a world of the present device and shards, for batches of `batch`
// rows. Nothing is exchanged. Throws Error (world) for more ranks than shards.
std::vector<RankPlan> plan_step(const ModelMaker& make, const RowSource& rows, int64_t batch,
                                int ranks);

// Bytes of the state that commits and checkpoints keep, all ranks together.
size_t state_bytes(const std::vector<RankPlan>& plans);

}  // namespace tutti
