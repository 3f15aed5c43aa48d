// LIME for rows of numbers and categories.
#pragma once

#include <cstdint>

#include "core/explain/lime.h"

namespace tutti {

struct LimeTabularOptions {
  std::vector<std::string> feature_names = {};     // "0", "1", ... if none
  std::vector<int64_t> categorical_features = {};  // columns of whole numbers
  bool discretize_continuous = true;               // into quartiles of the training data
  bool sample_around_instance = false;             // else around the mean; of undiscretized columns
  std::optional<double> kernel_width = std::nullopt;  // 0.75 sqrt(columns)
  std::string feature_selection = "auto";
  uint64_t seed = 0;
};

// Neighbours are drawn from the distribution of the training data: a quartile by how often it
// occurs and a value inside it from a truncated normal, a category by how often it occurs, or a
// normal where columns are not discretized.
class LimeTabularExplainer {
 public:
  // Training rows (n, columns).
  explicit LimeTabularExplainer(const Tensor& training_data, LimeTabularOptions options = {});

  // `row` is (columns). One explanation per output asked for.
  std::vector<LimeExplanation> explain_instance(const Tensor& row, const PredictFunction& predict,
                                                const LimeRequest& request = {}) const;

  // What `explain_instance` draws: `seen` is what the linear model sees, `rows` what the model
  // does.
  struct Samples {
    Matrix seen, rows;
  };
  Samples sample(const std::vector<double>& row, int64_t count) const;
  // From samples drawn by anybody; row 0 is the instance.
  std::vector<LimeExplanation> explain_samples(const Samples& samples,
                                               const PredictFunction& predict,
                                               const LimeRequest& request) const;

 private:
  // A column: its bins or categories, as often as they occur in the training data.
  struct Column {
    bool categorical = false;
    double mean = 0, scale = 1;
    std::vector<double> edges;                           // between bins
    std::vector<double> values, frequencies;             // categories, or the bins' numbers
    std::vector<double> means, deviations, least, most;  // of each bin
  };
  void fit_bins(Column& column, const std::vector<double>& values) const;
  std::string condition(int64_t column, double value) const;  // "age > 37.00"

  LimeTabularOptions options_;
  DType dtype_;
  std::vector<Column> columns_;
};

}  // namespace tutti
