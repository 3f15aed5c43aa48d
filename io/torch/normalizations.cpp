// Normalizations. PyTorch has weight and bias, or neither: one that Keras leaves out is 1 or 0.
#include "core/layers/batch_normalization.h"
#include "core/layers/row_normalizations.h"
#include "io/torch/entries.h"

namespace tutti::torch {
namespace {

struct Affine {
  std::vector<Entry> entries;
  size_t taken;  // of the layer's weights
};

template <typename L>
Affine affine(const L& layer) {
  const auto& o = layer.options();
  const auto weights = layer.weights();
  Affine made{{}, 0};
  if (!o.scale && !o.center) return made;
  const auto part = [&](const char* name, bool there, double otherwise) {
    const VariablePtr& weight = weights.at(there ? made.taken : 0);
    if (there) ++made.taken;
    made.entries.push_back(
        there ? same(name, weight)
              : constant(name, Tensor::full(weight->shape(), otherwise, weight->dtype()),
                         layer.name()));
  };
  part("weight", o.scale, 1);
  part("bias", o.center, 0);
  return made;
}

template <typename L>
std::vector<Entry> of_rows(const L& layer) {
  return affine(layer).entries;
}

// How many batches there were decides nothing where momentum is a number.
std::vector<Entry> batch_normalization(const BatchNormalizationLayer& layer) {
  auto [entries, taken] = affine(layer);
  const auto weights = layer.weights();
  entries.push_back(same("running_mean", weights.at(taken)));
  entries.push_back(same("running_var", weights.at(taken + 1)));
  entries.push_back(
      {{"num_batches_tracked"},
       {},
       [](const std::vector<Tensor>&) { return std::vector{Tensor::zeros({}, DType::i64)}; },
       [](const std::vector<Tensor>&) { return std::vector<Tensor>{}; }});
  return entries;
}

std::vector<Entry> rms_normalization(const RMSNormalizationLayer& layer) {
  return {same("weight", layer.weights().at(0))};
}

[[maybe_unused]] const bool normalizations_entered =
    register_entries<BatchNormalizationLayer>({"BatchNormalization"}, batch_normalization) &&
    register_entries<LayerNormalizationLayer>({"LayerNormalization"},
                                              of_rows<LayerNormalizationLayer>) &&
    register_entries<GroupNormalizationLayer>({"GroupNormalization"},
                                              of_rows<GroupNormalizationLayer>) &&
    register_entries<RMSNormalizationLayer>({"RMSNormalization"}, rms_normalization);

}  // namespace
}  // namespace tutti::torch
