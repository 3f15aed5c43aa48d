// Models whose weights become whole numbers.
#include <algorithm>

#include "core/base/error.h"
#include "core/graph/trace.h"
#include "core/model/model.h"
#include "core/model/repeat_calls.h"
#include "core/model/trainer.h"

namespace tutti {

void Model::retrace() {
  ValueMap same;
  for (const auto& input : inputs_) same[input] = input;
  set_graph(inputs_, repeat_calls(outputs_, same).outputs);
}

void Model::quantize(const Ref<QuantizationConfig>& config, const LayerFilter& filters) {
  inputs();
  const auto layers = saved_layers();
  int quantized = 0;
  for (const auto& [folder, layer] : layers)
    if (layer->quantizable() && (!filters || filters(*layer))) layer->quantize(config), ++quantized;
  if (quantized == 0)
    fail(name(),
         "has no layer that quantize() takes; Dense, EinsumDense, Embedding and "
         "ReversibleEmbedding are");
  const auto retraced = [](Model& model) {
    const Trace apart;  // what layers assign on placeholders is no part of a step
    model.retrace();
  };
  // Models inside come after the one that they are in: from the innermost out.
  for (auto place = layers.rbegin(); place != layers.rend(); ++place)
    if (auto* inner = dynamic_cast<Model*>(place->layer.get())) retraced(*inner);
  retraced(*this);
  // Steps that were traced, and the optimizer's state, are of weights that are gone.
  if (trainer_) compile(compile_options());
}

bool Model::quantized() const {
  const auto layers = saved_layers();
  return std::ranges::any_of(layers,
                             [](const auto& it) { return it.layer->quantization().has_value(); });
}

}  // namespace tutti
