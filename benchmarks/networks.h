// What bench_steps trains: dense layers of given widths, or a network that lessons train.
#pragma once

#include <string>

#include "core/model/model.h"

namespace tutti::bench {

// A compiled model and rows for an epoch of so many steps of one batch.
struct Network {
  std::unique_ptr<Model> model;
  Tensor x, y;
  int64_t batch = 0, steps = 0;
};

// "784-128-10@64": widths @ batch, relu between dense layers and logits at the end.
// "cnn@64"           28x28x1: Conv2D 32, Conv2D 64 (3x3, relu), each with MaxPooling2D; Dense 10
// "lstm@64"          40 steps of 64 features: LSTM 128, Dense 10
// "transformer@12"   64 tokens of 65: width 128, 4 heads, 4 causal pre-norm blocks, logits of each
// Adam and sparse categorical cross-entropy. Throws for a name that is none of these.
Network network_of(const std::string& name);

}  // namespace tutti::bench
