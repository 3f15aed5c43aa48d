// A data set as the rows that a model reads.
#include "core/model/row_source.h"
#include "io/dataset.h"

namespace tutti {

Dataset::operator std::shared_ptr<const RowSource>() const {
  std::vector<TensorRows::Named> inputs, outputs;
  for (const auto& [name, tensor] : inputs_) inputs.push_back({name, tensor});
  for (const auto& [name, tensor] : outputs_) outputs.push_back({name, tensor});
  return std::make_shared<TensorRows>(std::move(inputs), std::move(outputs), sample_weights_);
}

}  // namespace tutti
