// Convolutions: Keras's kernels are (extents, in, out), PyTorch's (out, in, extents).
#include <numeric>

#include "core/layers/convolution.h"
#include "core/layers/convolution_transpose.h"
#include "core/layers/depthwise_convolution.h"
#include "core/ops/transpose.h"
#include "io/torch/entries.h"

namespace tutti::torch {
namespace {

// The last two axes first, the last before the other.
std::vector<int> channels_first(int rank) {
  std::vector<int> order{rank - 1, rank - 2};
  for (int axis = 0; axis + 2 < rank; ++axis) order.push_back(axis);
  return order;
}

// (extents, in, multiplier) as (in * multiplier, 1, extents): a group for each channel.
Entry depthwise_kernel(const std::string& name, const VariablePtr& kernel) {
  const int rank = kernel->shape().rank();
  std::vector<int> order{rank - 2, rank - 1}, back;
  for (int axis = 0; axis + 2 < rank; ++axis) order.push_back(axis), back.push_back(axis + 2);
  back.insert(back.end(), {0, 1});
  std::vector<int64_t> apart;
  for (const int axis : order) apart.push_back(kernel->shape()[axis]);
  std::vector<int64_t> grouped = apart;
  grouped[0] *= grouped[1];
  grouped[1] = 1;
  return {{name},
          {kernel},
          [=](const std::vector<Tensor>& in) {
            return std::vector{transpose(in.at(0), order).reshape(Shape(grouped))};
          },
          [=](const std::vector<Tensor>& in) {
            return std::vector{transpose(in.at(0).reshape(Shape(apart)), back)};
          }};
}

template <typename L>
std::vector<Entry> convolution(const L& layer) {
  const auto weights = layer.weights();
  std::vector<Entry> entries{
      turned("weight", weights.at(0), channels_first(weights.at(0)->shape().rank()))};
  if (layer.options().use_bias) entries.push_back(same("bias", weights.at(1)));
  return entries;
}

std::vector<Entry> depthwise(const DepthwiseConvolutionLayer& layer) {
  const auto weights = layer.weights();
  std::vector<Entry> entries{depthwise_kernel("weight", weights.at(0))};
  if (layer.options().use_bias) entries.push_back(same("bias", weights.at(1)));
  return entries;
}

std::vector<Entry> separable(const SeparableConvolutionLayer& layer) {
  const auto weights = layer.weights();
  std::vector<Entry> entries{
      depthwise_kernel("depthwise.weight", weights.at(0)),
      turned("pointwise.weight", weights.at(1), channels_first(weights.at(1)->shape().rank()))};
  if (layer.options().use_bias) entries.push_back(same("pointwise.bias", weights.at(2)));
  return entries;
}

[[maybe_unused]] const bool convolutions_entered =
    register_entries<ConvolutionLayer>({"Conv1D", "Conv2D", "Conv3D"},
                                       convolution<ConvolutionLayer>) &&
    register_entries<ConvolutionTransposeLayer>(
        {"Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"},
        convolution<ConvolutionTransposeLayer>) &&
    register_entries<DepthwiseConvolutionLayer>({"DepthwiseConv1D", "DepthwiseConv2D"},
                                                depthwise) &&
    register_entries<SeparableConvolutionLayer>({"SeparableConv1D", "SeparableConv2D"}, separable);

}  // namespace
}  // namespace tutti::torch
