// Layers that combine several inputs: Concatenate, Add, Subtract, Multiply, Average, Maximum,
// Minimum.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct ConcatenateOptions {
  int axis = -1;  // not that of the rows
};

class ConcatenateLayer final : public Layer {
 public:
  using Options = ConcatenateOptions;
  explicit ConcatenateLayer(Options options) : options_(options) {}
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  std::vector<Value> compute_mask(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Concatenate = LayerOf<ConcatenateLayer>;

// Elementwise over one input or more, which broadcast; an input of smaller rank gets axes of 1
// after its rows.
class MergeLayer : public Layer {
 public:
  using Options = NoOptions;
  explicit MergeLayer(Options) {}
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) final;
  std::vector<Value> compute_mask(const std::vector<Value>& inputs) override;
  virtual Value merge(const std::vector<Value>& inputs) const = 0;

 private:
  Options options_;
};

#define TUTTI_MERGE_LAYER(Name)                                   \
  class Name##Layer final : public MergeLayer {                   \
   public:                                                        \
    using MergeLayer::MergeLayer;                                 \
                                                                  \
   protected:                                                     \
    Value merge(const std::vector<Value>& inputs) const override; \
  };                                                              \
  using Name = LayerOf<Name##Layer>

TUTTI_MERGE_LAYER(Add);
TUTTI_MERGE_LAYER(Subtract);
TUTTI_MERGE_LAYER(Multiply);
TUTTI_MERGE_LAYER(Average);
TUTTI_MERGE_LAYER(Maximum);
TUTTI_MERGE_LAYER(Minimum);

#undef TUTTI_MERGE_LAYER

}  // namespace tutti
