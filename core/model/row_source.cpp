#include "core/model/row_source.h"

#include "core/base/error.h"
#include "core/model/row_order.h"

namespace tutti {
namespace {

std::vector<RowColumn> columns_of(const std::vector<TensorRows::Named>& tensors) {
  std::vector<RowColumn> columns;
  for (const auto& [name, tensor] : tensors)
    columns.push_back({name, tensor.shape().tail(), tensor.dtype()});
  return columns;
}

// Rows of a range as its source numbers them; a range of the first rows, the one that is trained
// on, numbers them so already.
struct MovedRows {
  MovedRows(std::span<const int64_t> given, int64_t begin) : rows(given) {
    if (begin == 0) return;
    moved.assign(given.begin(), given.end());
    for (auto& row : moved) row += begin;
    rows = moved;
  }
  MovedRows(const MovedRows&) = delete;

  std::span<const int64_t> rows;
  std::vector<int64_t> moved;
};

}  // namespace

void RowSource::read_weights(size_t, std::span<const int64_t>, float*) const {
  fail(ExitCode::internal, "data", "these rows have no sample weights");
}

std::vector<Tensor> weights_of_outputs(const PerOutput<Tensor>& sample_weight,
                                       const std::vector<std::string>& outputs, int64_t rows) {
  if (outputs.empty() && !sample_weight.empty())
    fail(ExitCode::data, "data", "sample_weight weighs outputs, of which there is none; add one");
  sample_weight.check(outputs, "data", "sample_weight", true);
  std::vector<Tensor> weights;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor* given = sample_weight.of(i, outputs);
    Tensor& weight = weights.emplace_back();
    if (!given || !given->defined()) continue;
    if (given->shape().rank() == 0 || given->rows() != rows || given->elements() != rows)
      fail(ExitCode::data, "data",
           "sample_weight has shape {} for {} rows; give one weight per row",
           to_string(given->shape()), rows);
    weight = given->to_host().to(DType::f32);
  }
  return weights;
}

TensorRows::TensorRows(std::vector<Named> inputs, std::vector<Named> outputs,
                       const PerOutput<Tensor>& sample_weight)
    : inputs_(std::move(inputs)), outputs_(std::move(outputs)) {
  if (inputs_.empty()) fail(ExitCode::data, "data", "there is no input; give at least one tensor");
  const auto take = [&](const std::string& name, Tensor& tensor) {
    if (tensor.shape().rank() == 0)
      fail(ExitCode::data, "data", "'{}' has no rows; give it an axis of rows", name);
    tensor = tensor.to_host();
    if (&tensor == &inputs_[0].tensor) rows_ = tensor.rows();
    if (tensor.rows() != rows_)
      fail(ExitCode::data, "data",
           "'{}' has {} rows, the first input has {}; give each the same number", name,
           tensor.rows(), rows_);
  };
  for (auto& [name, tensor] : inputs_) take(name.empty() ? "x" : name, tensor);
  for (auto& [name, tensor] : outputs_) take(name.empty() ? "y" : name, tensor);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : outputs_) names.push_back(name);
  weights_ = weights_of_outputs(sample_weight, names, rows_);
}

std::vector<RowColumn> TensorRows::inputs() const { return columns_of(inputs_); }
std::vector<RowColumn> TensorRows::outputs() const { return columns_of(outputs_); }

void TensorRows::read_input(size_t column, std::span<const int64_t> rows, void* into) const {
  copy_rows(inputs_[column].tensor, rows, into);
}
void TensorRows::read_output(size_t column, std::span<const int64_t> rows, void* into) const {
  copy_rows(outputs_[column].tensor, rows, into);
}
void TensorRows::read_weights(size_t output, std::span<const int64_t> rows, float* into) const {
  copy_rows(weights_[output], rows, into);
}

void RowRange::read_input(size_t column, std::span<const int64_t> rows, void* into) const {
  source_->read_input(column, MovedRows(rows, begin_).rows, into);
}
void RowRange::read_output(size_t column, std::span<const int64_t> rows, void* into) const {
  source_->read_output(column, MovedRows(rows, begin_).rows, into);
}
void RowRange::read_weights(size_t output, std::span<const int64_t> rows, float* into) const {
  source_->read_weights(output, MovedRows(rows, begin_).rows, into);
}

RowSourcePtr make_rows(const Tensor& x, const Tensor& y, const Tensor& sample_weight) {
  return make_rows(
      std::vector<Tensor>{x}, y.defined() ? std::vector<Tensor>{y} : std::vector<Tensor>{},
      sample_weight.defined() ? PerOutput<Tensor>(sample_weight) : PerOutput<Tensor>());
}

RowSourcePtr make_rows(const std::vector<Tensor>& x, const std::vector<Tensor>& y,
                       const PerOutput<Tensor>& sample_weight) {
  std::vector<TensorRows::Named> inputs, targets;
  for (const auto& tensor : x) inputs.push_back({"", tensor});
  for (const auto& tensor : y) targets.push_back({"", tensor});
  return std::make_shared<TensorRows>(std::move(inputs), std::move(targets), sample_weight);
}

}  // namespace tutti
