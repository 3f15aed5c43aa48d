// MultiHeadAttention (Vaswani et al., 2017) and GroupQueryAttention, several heads of which share a
// key and a value (Ainslie et al., 2023). Weights as Keras's: query, key and value kernels (width,
// heads, depth), attention_output (heads, depth, width).
//
// Called on {query, value}, {query, value, key} or {query, value, key, mask}: query (rows, t, w),
// value and key (rows, s, w), mask (rows, t, s) or (t, s) of 0 and 1. Gives (rows, t, width).
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct MultiHeadAttentionOptions {
  int64_t num_heads = 0;
  int64_t key_dim = 0;                    // depth of a head's queries and keys
  std::optional<int64_t> value_dim = {};  // of its values; none: key_dim
  double dropout = 0;                     // of the weights, while training
  bool use_bias = true;
  // The width of the output, which Keras writes as a list of one; none: the query's.
  std::optional<std::vector<int64_t>> output_shape = {};
  std::optional<int64_t> sliding_window = {};  // places see those less than so far away
  Ref<Initializer> kernel_initializer = "glorot_uniform";
  Ref<Initializer> bias_initializer = "zeros";
  Ref<Regularizer> kernel_regularizer = {};
  Ref<Regularizer> bias_regularizer = {};
  Ref<Regularizer> activity_regularizer = {};
  Ref<Constraint> kernel_constraint = {};
  Ref<Constraint> bias_constraint = {};
  std::optional<int64_t> seed = {};
  bool use_causal_mask = false;  // an argument of the call in Keras: no place sees later ones
};

struct GroupQueryAttentionOptions {
  int64_t head_dim = 0;
  int64_t num_query_heads = 0;
  int64_t num_key_value_heads = 0;  // divides num_query_heads
  double dropout = 0;
  bool use_bias = true;
  std::optional<int64_t> sliding_window = {};
  Ref<Initializer> kernel_initializer = "glorot_uniform";
  Ref<Initializer> bias_initializer = "zeros";
  Ref<Regularizer> kernel_regularizer = {};
  Ref<Regularizer> bias_regularizer = {};
  Ref<Regularizer> activity_regularizer = {};
  Ref<Constraint> kernel_constraint = {};
  Ref<Constraint> bias_constraint = {};
  std::optional<int64_t> seed = {};
  bool use_causal_mask = false;
};

// What both are made of.
class HeadsLayer : public Layer {
 public:
  std::vector<std::string> call_names() const override {
    return {"query", "value", "key", "attention_mask"};
  }

 protected:
  struct Heads {
    int64_t queries, keys, depth, value_depth;
    std::optional<int64_t> width;  // of the output
    double dropout;
    bool use_bias;
    std::optional<int64_t> window;
    Ref<Initializer> kernel_initializer, bias_initializer;
    Ref<Regularizer> kernel_regularizer, bias_regularizer, activity_regularizer;
    Ref<Constraint> kernel_constraint, bias_constraint;
    std::optional<int64_t> seed;
    bool causal;
  };
  HeadsLayer(const char* name, Heads heads);
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape& built, const Shape& given) const override;
  std::string saved_group(const std::string& group) const override {
    return (group == "attention_output" ? "output" : group) + "_dense";
  }

 private:
  struct Projection {
    VariablePtr kernel, bias;
  };
  Projection add_projection(const std::string& name, Shape kernel, Shape bias);
  Value project(const Value& x, const Projection& by, int64_t heads) const;

  Heads heads_;
  Projection query_, key_, value_, output_;
};

class MultiHeadAttentionLayer final : public HeadsLayer {
 public:
  using Options = MultiHeadAttentionOptions;
  explicit MultiHeadAttentionLayer(Options options);
  const Options& options() const { return options_; }

 private:
  Options options_;
};
using MultiHeadAttention = LayerOf<MultiHeadAttentionLayer>;

class GroupQueryAttentionLayer final : public HeadsLayer {
 public:
  using Options = GroupQueryAttentionOptions;
  explicit GroupQueryAttentionLayer(Options options);
  const Options& options() const { return options_; }
  std::string plain_name() const override { return "grouped_query_attention"; }

 protected:
  std::string saved_group(const std::string& group) const override {
    return "_" + HeadsLayer::saved_group(group);
  }

 private:
  Options options_;
};
using GroupQueryAttention = LayerOf<GroupQueryAttentionLayer>;

}  // namespace tutti
