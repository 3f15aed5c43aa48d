// A data set as the rows that a model reads.
#include "core/model/row_source.h"
#include "io/dataset.h"

namespace tutti {
namespace {

// Rows whose inputs are copied out of series as they are read.
class WindowSource final : public RowSource {
 public:
  WindowSource(std::vector<TensorRows::Named> series, RowWindows windows,
               std::vector<TensorRows::Named> outputs, const std::vector<Tensor>& weights)
      : series_(std::move(series), {}),
        rest_({{"first", windows.first}}, std::move(outputs), weights),
        windows_(std::move(windows)) {}

  int64_t rows() const override { return rest_.rows(); }
  std::vector<RowColumn> inputs() const override {
    auto columns = series_.inputs();
    for (auto& column : columns) column.shape = column.shape.stacked(windows_.length);
    return columns;
  }
  std::vector<RowColumn> outputs() const override { return rest_.outputs(); }
  bool has_weights(size_t output) const override { return rest_.has_weights(output); }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override {
    std::vector<int64_t> firsts(rows.size());
    rest_.read_input(0, rows, firsts.data());
    series_.read_input(column, window_steps(windows_, firsts), into);
  }
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override {
    rest_.read_output(column, rows, into);
  }
  void read_weights(size_t output, std::span<const int64_t> rows, float* into) const override {
    rest_.read_weights(output, rows, into);
  }

 private:
  TensorRows series_, rest_;
  RowWindows windows_;
};

}  // namespace

Dataset::operator std::shared_ptr<const RowSource>() const {
  std::vector<TensorRows::Named> inputs, outputs;
  for (const auto& [name, tensor] : inputs_) inputs.push_back({name, tensor});
  for (const auto& [name, tensor] : outputs_) outputs.push_back({name, tensor});
  if (windows_)
    return std::make_shared<WindowSource>(std::move(inputs), *windows_, std::move(outputs),
                                          sample_weights_);
  return std::make_shared<TensorRows>(std::move(inputs), std::move(outputs), sample_weights_);
}

}  // namespace tutti
