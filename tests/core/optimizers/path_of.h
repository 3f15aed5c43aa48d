// The values that one number takes under an optimizer, in f64, to hold against a formula.
#pragma once

#include <vector>

#include "core/optimizers/optimizer.h"
#include "tests/conformance/graph_runner.h"

namespace tutti::test {

inline const std::vector<double> kPathGradients = {0.5, -1.5, 0.25, 2.0};

// From 1, by kPathGradients.
inline std::vector<double> path_of(Optimizer& optimizer) {
  const auto variable = make_variable("v", Tensor::full({1}, 1.0, DType::f64));
  optimizer.build({variable}, local_reducer());
  std::vector<double> path;
  for (const double g : kPathGradients) {
    run_traced({Tensor::zeros({1})}, [&](const auto& in) {
      optimizer.apply({{Value(), Value(Tensor::full({1}, g, DType::f64))}}, ShardLayout{});
      return in;
    });
    path.push_back(variable->value().item());
  }
  return path;
}

inline void expect_path(Optimizer&& optimizer, const std::vector<double>& expected) {
  const auto got = path_of(optimizer);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-12) << i;
}

}  // namespace tutti::test
