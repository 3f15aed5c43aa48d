// Whether there is room to train a model, from its shapes alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/device/device.h"
#include "core/model/model.h"

namespace tutti {

struct MemoryShortage {
  std::string layer;  // the one that takes most
  std::string message;
};

// Nothing, or what is short: training must hold at once the parameters, their gradients, this
// rank's share of the optimizer's state and the largest layer's output for `rows` rows; there are
// `limit` bytes. The model is complete, its weights need not be drawn. Only of the CPU's memory: a
// GPU's refuses by itself, at once.
std::optional<MemoryShortage> memory_shortage(const Model& model, const Optimizer& optimizer,
                                              int64_t rows, size_t limit = memory_limit());

}  // namespace tutti
