#include "core/model/class_weights.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tutti {
namespace {

class ClassWeightedRows final : public RowSource {
 public:
  ClassWeightedRows(RowSourcePtr rows, std::map<int64_t, double> weights)
      : rows_(std::move(rows)), weights_(std::move(weights)) {
    const auto targets = rows_->outputs();
    if (targets.size() != 1)
      fail("fit", "class_weight needs a model of one output, this one has {}; use sample_weight",
           targets.size());
    target_ = targets[0];
    if (target_.shape.rank() > 1)
      fail("fit",
           "class_weight needs targets that are classes or one-hot rows, got rows of shape {}",
           to_string(target_.shape));
  }
  int64_t rows() const override { return rows_->rows(); }
  std::vector<RowColumn> inputs() const override { return rows_->inputs(); }
  std::vector<RowColumn> outputs() const override { return rows_->outputs(); }
  bool has_weights(size_t) const override { return true; }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override {
    rows_->read_input(column, rows, into);
  }
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override {
    rows_->read_output(column, rows, into);
  }
  void read_weights(size_t output, std::span<const int64_t> rows, float* into) const override {
    if (rows_->has_weights(output))
      rows_->read_weights(output, rows, into);
    else
      std::fill(into, into + rows.size(), 1.0f);
    const int64_t width = target_.shape.elements();
    const Tensor targets = Tensor::empty({static_cast<int64_t>(rows.size()), width}, target_.dtype);
    rows_->read_output(0, rows, targets.raw());
    const auto values = targets.to_vector<double>();
    for (size_t i = 0; i < rows.size(); ++i) {
      const double* row = values.data() + static_cast<int64_t>(i) * width;
      const auto label =
          width == 1 ? std::llround(row[0]) : std::max_element(row, row + width) - row;
      const auto weight = weights_.find(label);
      if (weight != weights_.end()) into[i] *= static_cast<float>(weight->second);
    }
  }

 private:
  RowSourcePtr rows_;
  std::map<int64_t, double> weights_;
  RowColumn target_;
};

}  // namespace

RowSourcePtr with_class_weights(RowSourcePtr rows, const std::map<int64_t, double>& class_weight) {
  if (class_weight.empty()) return rows;
  return std::make_shared<ClassWeightedRows>(std::move(rows), class_weight);
}

}  // namespace tutti
