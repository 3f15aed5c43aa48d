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
  Ref<Constraint> embeddings_constraint = {};
  bool mask_zero = false;  // whether 0 stands for nothing and is left out by what follows
  // (input_dim, output_dim): how the vectors begin. Not part of the config, as in Keras.
  std::optional<NumberArray> weights = {};
  Ref<QuantizationConfig> quantization_config = {};  // how quantize() made weights whole numbers
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
  Autocast autocast() const override { return {.inputs = false, .weights = false}; }
  std::vector<Value> compute_mask(const std::vector<Value>& inputs) override;
  bool fits(const Shape&, const Shape&) const override { return true; }
  Ref<QuantizationConfig>* quantization_config() override { return &options_.quantization_config; }

 private:
  Options options_;
  Ref<Initializer> initializer_;
  VariablePtr embeddings_;
  std::shared_ptr<QuantizedWeight> quantized_;
};
using Embedding = LayerOf<EmbeddingLayer>;

struct ReversibleEmbeddingOptions {
  int64_t input_dim = 0;
  int64_t output_dim = 0;
  bool tie_weights = true;  // whether the way back is the vectors transposed
  Ref<Initializer> embeddings_initializer = "uniform";
  Ref<Regularizer> embeddings_regularizer = {};
  Ref<Constraint> embeddings_constraint = {};
  bool mask_zero = false;
  std::optional<DType> reverse_dtype = {};    // of the products on the way back; none: the layer's
  std::optional<double> logit_soft_cap = {};  // no logit is larger: cap tanh(logit / cap)
  Ref<QuantizationConfig> quantization_config = {};  // how quantize() made weights whole numbers
};

// An Embedding that also leads back, from vectors to a logit for each number (Press & Wolf, 2016).
// First called on numbers; a call on an input of one axis more, of output_dim elements, is one on
// vectors (Keras's reverse=True).
class ReversibleEmbeddingLayer final : public Layer {
 public:
  using Options = ReversibleEmbeddingOptions;
  explicit ReversibleEmbeddingLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return options_.mask_zero; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  std::vector<Value> compute_mask(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;
  Ref<QuantizationConfig>* quantization_config() override { return &options_.quantization_config; }

 private:
  bool reverses(const Shape& given) const;
  void build_quantized();
  Value logits(const Value& x);

  Options options_;
  int rank_ = 0;  // of numbers
  VariablePtr embeddings_, reverse_;
  std::shared_ptr<QuantizedWeight> quantized_, quantized_reverse_;
};
using ReversibleEmbedding = LayerOf<ReversibleEmbeddingLayer>;

}  // namespace tutti
