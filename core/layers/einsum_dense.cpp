#include "core/layers/einsum_dense.h"

#include <map>

#include "core/base/error.h"
#include "core/layers/kernel_arguments.h"
#include "core/layers/layer_activation.h"
#include "core/ops/einsum.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

// How long the axes of an equation are, of a layer whose input is known.
class AxisExtents {
 public:
  AxisExtents(const EinsumTerms& terms, const Shape& input, const Shape& output, std::string where)
      : where_(std::move(where)) {
    for (size_t i = 0; i < terms.left.size(); ++i)
      extents_[terms.left[i]] = input[static_cast<int>(i)];
    // Neither what `...` stands for, nor the rows, are part of the layer's output_shape.
    std::string named;
    for (const char axis : terms.result)
      if (std::isalpha(static_cast<unsigned char>(axis)) && axis != terms.left[0]) named += axis;
    if (static_cast<int>(named.size()) != output.rank())
      fail(where_, "output_shape {} does not fit the axes '{}' of the result; give one extent each",
           to_string(output), named);
    for (size_t i = 0; i < named.size(); ++i) {
      const int64_t given = output[static_cast<int>(i)];
      const auto known = extents_.find(named[i]);
      if (given < 0 && known != extents_.end()) continue;
      if (given < 1 || (known != extents_.end() && known->second != given))
        fail(where_,
             "axis '{}' of the result is {} long in output_shape and {} in the input {}; "
             "make them agree",
             named[i], given, known == extents_.end() ? 0 : known->second, to_string(input));
      extents_[named[i]] = given;
    }
  }
  int64_t of(char axis) const {
    const auto found = extents_.find(axis);
    if (found == extents_.end())
      fail(where_, "axis '{}' of the kernel is one of neither the input nor the result; remove it",
           axis);
    return found->second;
  }

 private:
  std::string where_;
  std::map<char, int64_t> extents_;
};

// An initializer whose scale follows from fans, told which axes of the kernel they are.
Ref<Initializer> with_fans(const Ref<Initializer>& initializer, const EinsumTerms& terms) {
  if (!initializer) return initializer;
  const Config given = kind_config(*initializer);
  if (!given.is_map()) return initializer;
  auto [kind, arguments] = given.as_map()[0];
  const Config* axes = arguments.find("input_axes");
  if (!axes || !axes->is_null()) return initializer;
  Config::List inputs, outputs;
  for (size_t i = 0; i < terms.right.size(); ++i)
    (terms.result.find(terms.right[i]) == std::string::npos ? inputs : outputs)
        .push_back(static_cast<int>(i));
  arguments.set("input_axes", Config(std::move(inputs)));
  arguments.set("output_axes", Config(std::move(outputs)));
  return Config(Config::Map{{kind, std::move(arguments)}});
}

}  // namespace

std::vector<LayerPart> EinsumDenseLayer::parts() const {
  return parts_in("activation", options_.activation);
}

bool EinsumDenseLayer::fits(const Shape& built, const Shape& given) const {
  // What `...` stands for may change.
  return built == given || options_.equation.find("...") != std::string::npos;
}

void EinsumDenseLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1 || inputs[0].rank() < 1)
    fail(where(), "takes one input of rank 1 or more, got {}; merge them", inputs.size());
  const auto& o = options_;
  const EinsumTerms terms = einsum_terms(o.equation, inputs[0].rank(), -1, where());
  if (terms.left[0] != terms.result.substr(0, 1)[0])
    fail(where(),
         "'{}' does not begin with the rows on both sides of the arrow; begin both with "
         "one axis",
         o.equation);
  const AxisExtents extents(terms, inputs[0], o.output_shape, where());
  std::vector<int64_t> kernel;
  for (const char axis : terms.right) kernel.push_back(extents.of(axis));
  kernel_shape_ = Shape(std::move(kernel));
  if (quantization())
    quantized_ = add_quantized_weight(quantized_form(kernel_shape_, terms));
  else
    kernel_ = add_weight("kernel", kernel_shape_, with_fans(o.kernel_initializer, terms),
                         o.kernel_regularizer, o.kernel_constraint);
  if (o.bias_axes) build_bias(terms, [&](char axis) { return extents.of(axis); });
  if (quantized_) add_scales(*quantized_);
}

void EinsumDenseLayer::build_bias(const EinsumTerms& terms,
                                  const std::function<int64_t(char)>& extent) {
  const auto& o = options_;
  std::vector<int64_t> bias;
  for (const char axis : *o.bias_axes)
    if (terms.result.find(axis) == std::string::npos || axis == terms.left[0])
      fail(where(), "bias axis '{}' is none of the result of '{}'; name one that is", axis,
           o.equation);
  for (const char axis : terms.result.substr(terms.result.find_first_of(*o.bias_axes)))
    bias.push_back(o.bias_axes->find(axis) == std::string::npos ? 1 : extent(axis));
  bias_ = add_weight("bias", Shape(std::move(bias)), o.bias_initializer, o.bias_regularizer,
                     o.bias_constraint);
}

namespace {

// Axes of one side of an equation, as a product has them.
struct SideAxes {
  std::vector<int> summed;  // that the result lacks
  std::vector<int> kept;    // the others, as the result has them
  std::vector<int> absent;  // axes of the result that are not of this side

  SideAxes(const std::string& side, const std::string& result) {
    for (size_t i = 0; i < side.size(); ++i)
      if (result.find(side[i]) == std::string::npos) summed.push_back(static_cast<int>(i));
    for (size_t i = 0; i < result.size(); ++i) {
      const size_t at = side.find(result[i]);
      if (at == std::string::npos)
        absent.push_back(static_cast<int>(i));
      else
        kept.push_back(static_cast<int>(at));
    }
  }
  // What shape numbers of the kept axes have beside the result.
  Shape beside(const Shape& shape) const {
    std::vector<int64_t> dims;
    for (const int axis : kept) dims.push_back(shape[axis]);
    for (const int axis : absent) dims.insert(dims.begin() + axis, 1);
    return Shape(std::move(dims));
  }
};

}  // namespace

// With 4 bits Keras makes a matrix of the kernel as it stands.
QuantizedForm EinsumDenseLayer::quantized_form(const Shape& kernel,
                                               const EinsumTerms& terms) const {
  const SideAxes axes(terms.right, terms.result);
  if (quantization()->bits == 8)
    return {.name = "kernel",
            .shape = kernel,
            .summed = axes.summed,
            .scale = axes.beside(kernel),
            .channels = axes.kept};
  int64_t rows = 1;
  for (const int axis : axes.summed) rows *= kernel[axis];
  const int64_t columns = kernel.elements() / rows;
  return {.name = "kernel", .shape = {rows, columns}, .scale = {columns}, .scales_product = false};
}

Value EinsumDenseLayer::product(const Value& x) {
  if (!quantized_) return einsum(options_.equation, x, kernel_->read());
  const EinsumTerms terms = einsum_terms(options_.equation, x.shape().rank(), -1, where());
  const SideAxes axes(terms.left, terms.result);
  const auto product = [&](const Value& a, const Value& kernel) {
    return einsum(options_.equation, a, reshape(kernel, kernel_shape_));
  };
  const auto beside = [&](const Value& scale) {
    std::vector<int> order = axes.kept;
    order.insert(order.begin() + 1, axes.summed.begin(), axes.summed.end());
    return reshape(transpose(scale, order), axes.beside(scale.shape()));
  };
  return quantized_->product({x, axes.summed, product, beside}, activation_quantizer());
}

std::vector<Value> EinsumDenseLayer::call(const std::vector<Value>& inputs) {
  Value y = product(to_dtype(only(inputs)));
  if (bias_) y = y + bias_->read();
  if (options_.activation) y = (*options_.activation)(y);
  return {y};
}

TUTTI_REGISTER(Layer, EinsumDenseLayer, "EinsumDense", "activation(einsum of x and kernel + bias)")
    .required("equation", &EinsumDenseOptions::equation, "of input and kernel: ab,bc->ac")
    .required("output_shape", &EinsumDenseOptions::output_shape, "without the rows")
    .with(declare_activation)
    .argument("bias_axes", &EinsumDenseOptions::bias_axes,
              "axes of the result with biases of their own; null: no bias")
    .with(declare_kernel_and_bias)
    .with(declare_quantization);

}  // namespace tutti
