// Zero mean and unit deviation per column, as scikit-learn's StandardScaler.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "io/dataset.h"

namespace tutti {

// Mean and population deviation of each of `columns` columns, in f64, by scikit-learn's two passes.
// A column that is constant up to rounding has scale 1.
struct ColumnMoments {
  std::vector<double> mean, scale;
};
ColumnMoments column_moments(std::span<const double> values, int64_t columns);

// The same of rows that come some at a time, in the same order both times.
class MomentsInRows {
 public:
  bool wants_rows() const { return passes_ < 2; }
  void add(std::span<const double> values, int64_t columns);
  void end_rows();  // throws if there were none
  ColumnMoments result() const { return moments_; }

 private:
  ColumnMoments moments_;
  std::vector<double> drift_;  // what rounding left in the mean
  size_t values_ = 0;
  int passes_ = 0;
};

// Works on tensors (rows, ...): each position behind axis 0 is a column. Results are f32.
class StandardScaler {
 public:
  StandardScaler() = default;
  explicit StandardScaler(ColumnMoments moments) : moments_(std::move(moments)) {}

  StandardScaler& fit(const Tensor& values);
  Tensor transform(const Tensor& values) const;  // (x - mean) / scale; throws before fit
  Tensor fit_transform(const Tensor& values) { return fit(values).transform(values); }
  Tensor inverse_transform(const Tensor& values) const;

  // The same on the only input of a data set.
  StandardScaler& fit(const Dataset& data) { return fit(data.features()); }
  Dataset transform(const Dataset& data) const {
    return data.with_features(transform(data.features()));
  }
  Dataset fit_transform(const Dataset& data) { return fit(data).transform(data); }

  const std::vector<double>& mean() const { return moments_.mean; }
  const std::vector<double>& scale() const { return moments_.scale; }

 private:
  template <typename Each>
  Tensor map(const Tensor& values, const Each& each) const;

  ColumnMoments moments_;
};

}  // namespace tutti
