// MultiHeadAttention as MultiheadAttention: heads side by side in one matrix, and the query's, the
// key's and the value's above each other where they have one width.
#include "core/base/error.h"
#include "core/layers/multi_head_attention.h"
#include "core/ops/concatenate.h"
#include "core/ops/slice.h"
#include "core/ops/transpose.h"
#include "io/torch/entries.h"

namespace tutti::torch {
namespace {

using Tensors = std::vector<Tensor>;

// (width, heads, depth) as (heads * depth, width), and back.
Tensor as_matrix(const Tensor& kernel) {
  return transpose(kernel.reshape({kernel.shape()[0], kernel.shape()[1] * kernel.shape()[2]}));
}
Tensor as_heads(const Tensor& matrix, const Shape& shape) {
  return transpose(matrix).reshape(shape);
}

Entry kernel(const std::string& name, const VariablePtr& weight) {
  return {
      {name},
      {weight},
      [](const Tensors& in) { return Tensors{as_matrix(in.at(0))}; },
      [shape = weight->shape()](const Tensors& in) { return Tensors{as_heads(in.at(0), shape)}; }};
}

// Three of one shape above each other; `form` brings each to that, `back` from it.
template <typename Form, typename Back>
Entry above(const std::string& name, std::vector<VariablePtr> weights, Form form, Back back) {
  return {{name},
          weights,
          [form](const Tensors& in) {
            Tensors parts;
            for (const auto& tensor : in) parts.push_back(form(tensor));
            return Tensors{concatenate(parts, 0)};
          },
          [=](const Tensors& in) {
            Tensors made;
            const auto parts = split(in.at(0), static_cast<int>(weights.size()), 0);
            for (size_t i = 0; i < parts.size(); ++i)
              made.push_back(back(parts[i], weights[i]->shape()));
            return made;
          }};
}

std::vector<Entry> attention(const MultiHeadAttentionLayer& layer) {
  const auto& o = layer.options();
  const auto w = layer.weights();
  const size_t step = o.use_bias ? 2 : 1;  // query, key, value, attention_output
  const auto &query = w.at(0), &key = w.at(step), &value = w.at(2 * step), &output = w.at(3 * step);
  const int64_t width = o.num_heads * o.key_dim;
  if (query->shape()[0] != width || output->shape()[2] != width || value->shape()[2] != o.key_dim)
    refuse(layer,
           fmt::format("has {} heads of {} and a width of {}; PyTorch's layer wants heads times "
                       "key_dim, and value_dim, to be that of the query and of the output",
                       o.num_heads, o.key_dim, query->shape()[0]));
  if (o.sliding_window) refuse(layer, "has a sliding_window, which PyTorch's layer has not");
  std::vector<Entry> entries;
  if (key->shape()[0] == width && value->shape()[0] == width) {
    entries.push_back(above("in_proj_weight", {query, key, value}, as_matrix, as_heads));
  } else {
    entries.push_back(kernel("q_proj_weight", query));
    entries.push_back(kernel("k_proj_weight", key));
    entries.push_back(kernel("v_proj_weight", value));
  }
  const auto flat = [](const Tensor& bias) { return bias.reshape({bias.elements()}); };
  const auto shaped = [](const Tensor& bias, const Shape& shape) { return bias.reshape(shape); };
  if (o.use_bias)
    entries.push_back(above("in_proj_bias", {w.at(1), w.at(3), w.at(5)}, flat, shaped));
  entries.push_back({{"out_proj.weight"},
                     {output},
                     [width](const Tensors& in) {
                       return Tensors{transpose(in.at(0).reshape({width, width}))};
                     },
                     [shape = output->shape()](const Tensors& in) {
                       return Tensors{transpose(in.at(0)).reshape(shape)};
                     }});
  if (o.use_bias) entries.push_back(same("out_proj.bias", w.at(7)));
  return entries;
}

[[maybe_unused]] const bool attention_entered =
    register_entries<MultiHeadAttentionLayer>({"MultiHeadAttention"}, attention);

}  // namespace
}  // namespace tutti::torch
