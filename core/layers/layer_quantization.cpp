// Layers whose weights become whole numbers.
#include <map>

#include "core/base/error.h"
#include "core/layers/deferred_weights.h"
#include "core/layers/layer.h"

namespace tutti {

bool Layer::quantizable() { return quantization_config() && parts().empty(); }

void Layer::quantize(const Ref<QuantizationConfig>& config) {
  if (!quantizable())
    fail(where(),
         "a {} has no weights that quantize() takes; Dense, EinsumDense, Embedding and "
         "ReversibleEmbedding have",
         class_name());
  if (!built()) fail(where(), "has no weights yet; call the layer, then quantize() it");
  if (quantization()) fail(where(), "is quantized already, its dtype is {}", dtype_.name());
  if (!config) fail(where(), "quantize() was not told how; give it int8 or int4");
  if (compute_dtype() == DType::f16)
    fail(where(), "computes in float16, which is too narrow for scales; use float32 or bfloat16");
  std::map<std::string, Tensor> before;
  for (const auto& weight : std::exchange(own_weights_, {}))
    before[weight.name] = weight.variable->value();
  *quantization_config() = config;
  dtype_.quantization = config->quantization();
  const DeferredWeights set_below;
  build(built_for_);
  for (const auto& weight : own_weights_)
    if (const auto found = before.find(weight.name);
        found != before.end() && weight.variable->dtype() != DType::i8)
      weight.variable->set_value(found->second);
  for (const auto& weight : quantized_weights_) weight->quantize(before.at(weight->form().name));
}

std::shared_ptr<QuantizedWeight> Layer::add_quantized_weight(QuantizedForm form) {
  auto weight = std::make_shared<QuantizedWeight>(std::move(form), *quantization());
  const auto part = weight->numbers_part();
  *part.variable = add_weight(part.name, part.shape, "zeros", nullptr, false, part.dtype);
  quantized_weights_.push_back(weight);
  return weight;
}

void Layer::add_scales(QuantizedWeight& weight) {
  for (const auto& part : weight.scale_parts()) {
    const bool scale = part.name.ends_with("_scale");  // in the dtype of the layer's weights
    *part.variable = add_weight(part.name, part.shape, scale ? "ones" : "zeros", nullptr, false,
                                scale ? std::nullopt : std::optional(part.dtype));
  }
}

const AbsMaxQuantizer* Layer::activation_quantizer() {
  static const AbsMaxQuantizer usual;  // Keras's, where a file does not say
  const Ref<QuantizationConfig>& config = *quantization_config();
  if (config) return config->activations();
  return quantization()->bits == 8 ? &usual : nullptr;
}

}  // namespace tutti
