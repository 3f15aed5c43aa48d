// Weights as whole numbers of 8 or 4 bits with scales, which Layer::quantize() makes of trained
// ones, and the objects that say how: Keras's names and meaning.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/dtype_policy.h"
#include "core/base/registry.h"
#include "core/graph/variable.h"

namespace tutti {

class Quantizer : public Configurable {
 public:
  static constexpr const char* category = "quantizer";
};

struct AbsMaxQuantizerOptions {
  std::optional<std::vector<int>> axis = {};  // not asked: a layer says which axes share a scale
  std::vector<double> value_range = {-127, 127};
  double epsilon = 1e-7;
  std::string output_dtype = "int8";
};
// The largest magnitude becomes the end of the range.
class AbsMaxQuantizer final : public Quantizer {
 public:
  using Options = AbsMaxQuantizerOptions;
  explicit AbsMaxQuantizer(Options options = {});
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// What quantize() is given: "int8", "int4" or an object.
class QuantizationConfig : public Configurable {
 public:
  static constexpr const char* category = "quantization_config";
  virtual Quantization quantization() const = 0;
  // What activations become before products; null: they stay, and weights alone are quantized.
  virtual const AbsMaxQuantizer* activations() const = 0;
};

struct Int8QuantizationOptions {
  Ref<Quantizer> weight_quantizer = {};  // null: the layer's choice, which is the only one known
  Ref<Quantizer> activation_quantizer = AbsMaxQuantizer();
};
// A byte for a weight, a scale for each channel; products of whole numbers, exact.
class Int8QuantizationConfig final : public QuantizationConfig {
 public:
  using Options = Int8QuantizationOptions;
  explicit Int8QuantizationConfig(Options options = {});
  const Options& options() const { return options_; }
  Quantization quantization() const override { return {8, -1}; }
  const AbsMaxQuantizer* activations() const override;

 private:
  Options options_;
};

struct Int4QuantizationOptions {
  Ref<Quantizer> weight_quantizer = {};
  Ref<Quantizer> activation_quantizer = {};
  std::optional<int64_t> block_size = 128;  // null or -1: a scale for each channel
};
// Two weights in a byte, a scale and a zero for each block of a channel.
class Int4QuantizationConfig final : public QuantizationConfig {
 public:
  using Options = Int4QuantizationOptions;
  explicit Int4QuantizationConfig(Options options = {});
  const Options& options() const { return options_; }
  Quantization quantization() const override { return {4, options_.block_size.value_or(-1)}; }
  const AbsMaxQuantizer* activations() const override;

 private:
  Options options_;
};

// How a weight of a layer is quantized.
struct QuantizedForm {
  std::string name;                // "kernel"
  Shape shape;                     // of the plain weight; with 4 bits a matrix
  std::vector<int> summed = {0};   // axes that a product sums over, and a scale stands for
  Shape scale = {};                // of the scales, one for each channel
  std::vector<int> channels = {};  // the other axes as the scales have them; none: as they stand
  int packed = 1;                  // axis along which two numbers of 4 bits share a byte
  DType zero = DType::i8;
  // Whether scales divide the product; else the weight, before it.
  bool scales_product = true;
};

// A product of activations and a quantized weight.
struct QuantizedProduct {
  Value x;
  std::vector<int> summed;  // axes of x
  std::function<Value(const Value& x, const Value& weight)> product;
  // The scales of x, whose summed axes have extent 1, beside the product.
  std::function<Value(const Value& scale)> beside = [](const Value& scale) { return scale; };
};

// A quantized weight: its variables, in the order of Keras's files, are added by the layer that has
// it; what a product is, is its own.
class QuantizedWeight {
 public:
  QuantizedWeight(QuantizedForm form, const Quantization& quantization)
      : form_(std::move(form)), quantization_(quantization) {}
  const QuantizedForm& form() const { return form_; }
  struct Part {
    std::string name;  // "kernel_scale"
    Shape shape;
    DType dtype;
    VariablePtr* variable;
  };
  Part numbers_part();
  std::vector<Part> scale_parts();
  // The blocks are those of another weight, whose g_idx says which place is of which.
  void share_blocks(const QuantizedWeight& other) { groups_ = other.groups_; }
  void quantize(const Tensor& plain);  // into the variables

  Value product(const QuantizedProduct& of, const AbsMaxQuantizer* activations) const;
  // (..., summed) of a matrix whose channels are axis 0, for each of these: plain numbers.
  Value rows(const Value& channels, DType dtype) const;

 private:
  Value numbers(DType dtype) const;  // of the plain shape
  Value plain(DType dtype) const;    // what they stand for
  Value whole_product(const QuantizedProduct& of, const AbsMaxQuantizer& activations) const;
  int64_t summed_extent() const;

  QuantizedForm form_;
  Quantization quantization_;
  VariablePtr numbers_, scale_, zero_, groups_;
};

inline constexpr auto declare_quantization = []<typename Builder>(Builder& builder) {
  builder.argument("quantization_config", &Builder::Options::quantization_config,
                   "how quantize() made the weights whole numbers");
};

}  // namespace tutti
