// Operators that are layers of ours: what they do while training is more than what they compute.
#include "core/layers/batch_normalization.h"
#include "core/layers/dropout.h"
#include "io/onnx/import/operator.h"

namespace tutti::onnx {
namespace {

std::shared_ptr<Layer> read_batch_normalization(const Operator& op) {
  op.require("training_mode", 0);
  const Value& x = op.value(0);
  if (x.shape().rank() < 2 || x.kind() != ValueKind::row)
    op.refuse("takes rows and channels, got {}", to_string(x.shape()));
  auto layer = std::make_shared<BatchNormalizationLayer>(BatchNormalizationOptions{
      .axis = 1, .momentum = op.number("momentum", 0.9), .epsilon = op.number("epsilon", 1e-5)});
  layer->build_for({x.shape()});
  const auto weights = layer->weights();
  for (size_t i = 0; i < weights.size(); ++i) {
    const Tensor given = op.constant(i + 1);
    if (given.shape() != weights[i]->shape())
      op.refuse("input {} has shape {}, not {}", i + 1, to_string(given.shape()),
                to_string(weights[i]->shape()));
    weights[i]->set_value(given.to(weights[i]->dtype()));
  }
  return layer;
}

std::shared_ptr<Layer> read_dropout(const Operator& op) {
  const double rate = op.has(1) ? op.number(size_t{1}) : op.number("ratio", 0.5);
  if (op.has(2) && op.number(size_t{2}) != 0)
    op.refuse("is written for training; export the model for inference");
  if (!(rate >= 0 && rate < 1)) op.refuse("ratio is {}; use 0 to below 1", rate);
  return std::make_shared<DropoutLayer>(DropoutOptions{.rate = rate});
}

[[maybe_unused]] const bool layers_read =
    register_layer_operator("BatchNormalization", read_batch_normalization) &&
    register_layer_operator("Dropout", read_dropout);

}  // namespace
}  // namespace tutti::onnx
