#include "core/layers/category_encoding.h"

#include "core/base/error.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/one_hot.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace tutti {

Value encode_categories(const Value& indices, const std::string& output_mode, int64_t depth,
                        DType dtype, const Value& weights) {
  if (output_mode == "int") return cast(indices, dtype);
  std::vector<int64_t> dims = indices.shape().dims();
  Value flat = cast(indices, DType::i64);
  if (output_mode == "one_hot") {
    if (dims.size() > 1 && dims.back() == 1) {
      dims.pop_back();
      flat = reshape(flat, Shape(dims));
    }
    return cast(one_hot(flat, depth), dtype);
  }
  if (dims.size() < 2) {  // a number is a sample of one
    dims.push_back(1);
    flat = reshape(flat, Shape(dims));
  }
  const Value marks = cast(one_hot(flat, depth), dtype);
  if (output_mode == "multi_hot") return reduce_max(marks, {1});
  if (!weights.defined()) return reduce_sum(marks, {1});
  dims.push_back(1);
  return reduce_sum(marks * reshape(cast(weights, dtype), Shape(dims)), {1});
}

void refuse_sparse(const std::string& where, bool sparse) {
  if (sparse) fail(where, "gives dense tensors alone; leave out sparse and ragged");
}

CategoryEncodingLayer::CategoryEncodingLayer(Options options) : options_(std::move(options)) {
  if (options_.num_tokens.value_or(0) < 1)
    fail("CategoryEncoding",
         "needs num_tokens of 1 or more; where it is not known beforehand use an IntegerLookup");
  refuse_sparse("CategoryEncoding", options_.sparse);
}

std::vector<Value> CategoryEncodingLayer::call(const std::vector<Value>& inputs) {
  const bool weighted = inputs.size() == 2;
  if (!weighted) only(inputs);
  if (weighted && (options_.output_mode != "count" || inputs[0].shape() != inputs[1].shape()))
    fail(where(), "count weights are for output_mode count and have the indices' shape; got {}",
         to_string(inputs[1].shape()));
  return {encode_categories(inputs[0], options_.output_mode, *options_.num_tokens, dtype(),
                            weighted ? inputs[1] : Value())};
}

TUTTI_REGISTER(Layer, CategoryEncodingLayer, "CategoryEncoding", "numbers as marks or counts")
    .argument("num_tokens", &CategoryEncodingOptions::num_tokens, "numbers from 0 below it")
    .choice("output_mode", &CategoryEncodingOptions::output_mode, {"multi_hot", "one_hot", "count"},
            "marks of all, of each, or how many of each")
    .argument("sparse", &CategoryEncodingOptions::sparse, "refused; outputs are dense");

}  // namespace tutti
