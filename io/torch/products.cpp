// Dense, Embedding, PReLU, and layers that apply one of another kind.
#include <fmt/format.h>

#include "core/layers/dense.h"
#include "core/layers/embedding.h"
#include "core/layers/prelu.h"
#include "core/layers/time_distributed.h"
#include "io/torch/entries.h"

namespace tutti::torch {
namespace {

std::vector<Entry> dense(const DenseLayer& layer) {
  const auto weights = layer.weights();
  std::vector<Entry> entries{turned("weight", weights.at(0), {1, 0})};
  if (layer.options().use_bias) entries.push_back(same("bias", weights.at(1)));
  return entries;
}

std::vector<Entry> embedding(const EmbeddingLayer& layer) {
  return {same("weight", layer.weights().at(0))};
}

// PyTorch has a slope for all, or one for each channel.
std::vector<Entry> prelu(const PReLULayer& layer) {
  const auto alpha = layer.weights().at(0);
  if (alpha->shape().elements() != alpha->shape()[-1])
    refuse(layer,
           fmt::format("has a slope for each of {} places; PyTorch has one for each channel, "
                       "which shared_axes gives",
                       to_string(alpha->shape())));
  const auto to = [](const Shape& shape) {
    return [shape](const std::vector<Tensor>& in) { return std::vector{in.at(0).reshape(shape)}; };
  };
  return {{{"weight"}, {alpha}, to({alpha->shape()[-1]}), to(alpha->shape())}};
}

std::vector<Entry> time_distributed(const TimeDistributedLayer& layer) {
  return entries_of(*layer.options().layer);
}

[[maybe_unused]] const bool products_entered =
    register_entries<DenseLayer>({"Dense"}, dense) &&
    register_entries<EmbeddingLayer>({"Embedding"}, embedding) &&
    register_entries<PReLULayer>({"PReLU"}, prelu) &&
    register_entries<TimeDistributedLayer>({"TimeDistributed"}, time_distributed);

}  // namespace
}  // namespace tutti::torch
