#include "core/layers/input_layer.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"

namespace tutti {

InputLayer::InputLayer(Options options) : options_(std::move(options)) {
  if (options_.shape.has_value() == options_.batch_shape.has_value())
    fail("InputLayer", "needs either shape or batch_shape; give one of them");
  if (options_.batch_shape && options_.batch_shape->rank() == 0)
    fail("InputLayer", "batch_shape () has no rows; write [null, width]");
  const Shape row = shape().tail();
  for (const int64_t extent : row.dims())
    if (extent < 0)
      fail("InputLayer", "shape {} has an open extent; only rows may be null", to_string(row));
  set_input_shape(row);
}

Shape InputLayer::shape() const {
  return (options_.shape ? *options_.shape : options_.batch_shape->tail()).stacked(kRows);
}

std::optional<int64_t> InputLayer::batch_size() const {
  if (!options_.batch_shape || (*options_.batch_shape)[0] == kRows) return std::nullopt;
  return (*options_.batch_shape)[0];
}

std::vector<Value> InputLayer::call(const std::vector<Value>& inputs) {
  if (!inputs.empty()) fail(where(), "takes no inputs, got {}; it begins a model", inputs.size());
  return {make_input(name(), shape(), dtype())};
}

Value Input(const Shape& shape, const std::string& name, DType dtype) {
  auto layer = std::make_shared<InputLayer>(InputOptions{shape, std::nullopt});
  if (!name.empty()) layer->set_name(name);
  layer->set_dtype(dtype);
  return layer->apply({})[0];
}

TUTTI_REGISTER(Layer, InputLayer, "InputLayer", "where data enters")
    .argument("shape", &InputOptions::shape, "of one row")
    .argument("batch_shape", &InputOptions::batch_shape, "with rows as axis 0, instead of shape")
    .alias("Input");

}  // namespace tutti
