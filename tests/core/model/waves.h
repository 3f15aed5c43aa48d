// Sine waves as weights and data, which the scripts of goldens compute as well, and series of
// numbers against theirs.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/model/model.h"
#include "core/ops/elementwise.h"
#include "tests/conformance/graph_runner.h"

namespace tutti::test {

inline Tensor wave(const Shape& shape, double slope, double offset) {
  std::vector<double> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(slope * static_cast<double>(i) + offset);
  return Tensor::from(values, shape).to(DType::f32);
}

// `scale` as the script has it.
inline void set_waves(Model& model, double scale = 1.0) {
  auto weights = model.get_weights();
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = wave(weights[i].shape(), 0.7 + 0.1 * static_cast<double>(i), 0.3) * scale;
  model.set_weights(weights);
}

inline Tensor labels_below(int64_t classes, int64_t rows) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < rows; ++i) labels.push_back(i * 7 % classes);
  return Tensor::from(labels, {rows});
}

using Series = std::map<std::string, std::vector<double>>;

inline void expect_series(const Series& got, const Json& want, double relative = 1e-5) {
  std::vector<std::string> names, expected;
  for (const auto& [name, values] : got) names.push_back(name);
  for (const auto& [name, values] : want.items()) expected.push_back(name);
  ASSERT_EQ(names, expected);
  for (const auto& [name, values] : got) {
    ASSERT_EQ(values.size(), want[name].size()) << name;
    for (size_t i = 0; i < values.size(); ++i) {
      const double keras = want[name][i].get<double>();
      EXPECT_NEAR(values[i], keras, relative * std::abs(keras)) << name << " " << i;
    }
  }
}

}  // namespace tutti::test
