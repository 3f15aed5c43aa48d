// Attention (Luong et al., 2015) and AdditiveAttention (Bahdanau et al., 2015) over places of a
// sequence, and Dot: products of two inputs along an axis.
//
// Attention is called on {query, value} or {query, value, key}: query (rows, t, width), value
// (rows, s, depth), key (rows, s, width), by default the value. Gives (rows, t, depth).
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct AttentionOptions {
  bool use_scale = false;          // a learnt factor of the scores
  std::string score_mode = "dot";  // or concat: a learnt sum over tanh(query + key)
  double dropout = 0;              // of the weights, while training
  std::optional<int64_t> seed = {};
  bool use_causal_mask = false;  // an argument of the call in Keras: no place sees later ones
};

struct AdditiveAttentionOptions {
  bool use_scale = true;  // a learnt factor for each of the width
  double dropout = 0;
  bool use_causal_mask = false;
};

class ScoredLayer : public Layer {
 protected:
  ScoredLayer(const char* name, double dropout, std::optional<int64_t> seed, bool causal);
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  void check_inputs(const std::vector<Shape>& inputs) const;
  // (rows, t, width) and (rows, s, width) -> (rows, t, s)
  virtual Value scores(const Value& query, const Value& key) const = 0;

 private:
  double dropout_;
  std::optional<int64_t> seed_;
  bool causal_;
};

class AttentionLayer final : public ScoredLayer {
 public:
  using Options = AttentionOptions;
  explicit AttentionLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  Value scores(const Value& query, const Value& key) const override;

 private:
  Options options_;
  VariablePtr scale_, concat_score_weight_;
};
using Attention = LayerOf<AttentionLayer>;

class AdditiveAttentionLayer final : public ScoredLayer {
 public:
  using Options = AdditiveAttentionOptions;
  explicit AdditiveAttentionLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  Value scores(const Value& query, const Value& key) const override;

 private:
  Options options_;
  VariablePtr scale_;
};
using AdditiveAttention = LayerOf<AdditiveAttentionLayer>;

struct DotOptions {
  std::vector<int> axes = {};  // one for both inputs, or one for each; not the rows
  bool normalize = false;      // to length 1 along them: cosines
};

// The other axes of the first input, then those of the second; (rows, 1) if there are none.
class DotLayer final : public Layer {
 public:
  using Options = DotOptions;
  explicit DotLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Dot = LayerOf<DotLayer>;

}  // namespace tutti
