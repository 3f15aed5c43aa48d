// Embedding: a vector for each of so many whole numbers, learnt.
#pragma once

#include "core/layers/layer.h"
#include "core/tensor/number_array.h"

namespace tutti {

struct EmbeddingOptions {
  int64_t input_dim = 0;   // numbers from 0 below it
  int64_t output_dim = 0;  // elements of a vector
  Ref<Initializer> embeddings_initializer = "uniform";
  Ref<Regularizer> embeddings_regularizer = {};
  bool mask_zero = false;  // whether 0 stands for nothing and is left out by what follows
  // (input_dim, output_dim): how the vectors begin. Not part of the config, as in Keras.
  std::optional<NumberArray> weights = {};
};

// (rows, ...) -> (rows, ..., output_dim). Numbers of a floating dtype are cut to whole ones; one
// outside [0, input_dim) gives NaN.
class EmbeddingLayer final : public Layer {
 public:
  using Options = EmbeddingOptions;
  explicit EmbeddingLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return options_.mask_zero; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  std::vector<Value> compute_mask(const std::vector<Value>& inputs) override;
  bool fits(const Shape&, const Shape&) const override { return true; }

 private:
  Options options_;
  Ref<Initializer> initializer_;
  VariablePtr embeddings_;
};
using Embedding = LayerOf<EmbeddingLayer>;

}  // namespace tutti
