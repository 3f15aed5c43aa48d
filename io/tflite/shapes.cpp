// Layers that move no element, and those that do nothing when predicting.
#include "core/layers/reshaping.h"
#include "io/tflite/emitters.h"

namespace tutti::tflite {
namespace {

Id reshaped(const Emission& e) {
  std::vector<int64_t> dims = e.out().dims();
  dims[0] = -1;
  return e.writer.node(Op::RESHAPE, {e.inputs[0], e.writer.integers(dims)}, e.out());
}

Id flattened(const FlattenLayer& layer, const Emission& e) {
  if (layer.options().data_format == "channels_first")
    e.refuse("has channels first; .tflite files have channels last");
  return reshaped(e);
}

Id unchanged(const Emission& e) { return e.inputs[0]; }

[[maybe_unused]] const bool shapes_entered =
    register_emitter({"Reshape"}, reshaped) &&
    register_layers<FlattenLayer>({"Flatten"}, flattened) &&
    register_emitter({"Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise",
                      "GaussianDropout", "AlphaDropout", "ActivityRegularization", "Identity"},
                     unchanged);

}  // namespace
}  // namespace tutti::tflite
