// CategoryEncoding: whole numbers as vectors that mark or count them.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

// Indices (rows, ...) in the way that all of Keras's categorical layers give them: `int` as they
// are; `one_hot` (..., depth), a last axis of one taking the depth's place; `multi_hot` and `count`
// over the elements of a row: (rows, depth) from (rows, n), without axis 1 from more axes. What is
// outside [0, depth) marks nothing. `weights` are added up by `count` instead of ones.
Value encode_categories(const Value& indices, const std::string& output_mode, int64_t depth,
                        DType dtype, const Value& weights = {});
// Sparse outputs and ragged ones are Keras's for TensorFlow alone. Throws if one is asked for.
void refuse_sparse(const std::string& where, bool sparse);

struct CategoryEncodingOptions {
  std::optional<int64_t> num_tokens = {};
  std::string output_mode = "multi_hot";
  bool sparse = false;
};

// Called on indices, or on indices and count weights of their shape.
class CategoryEncodingLayer final : public Layer {
 public:
  using Options = CategoryEncodingOptions;
  explicit CategoryEncodingLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using CategoryEncoding = LayerOf<CategoryEncodingLayer>;

}  // namespace tutti
