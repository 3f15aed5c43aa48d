// RMSprop against its formulas, written out for one number in f64 (Hinton, lecture 6e; Graves 2013
// for the centered form).
#include "core/optimizers/rmsprop.h"

#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

constexpr double kGradients[] = {0.5, -1.5, 0.25, 2.0};

std::vector<double> by_hand(const RMSpropOptions& options, double rate) {
  double x = 1, squares = 0, mean = 0, momentum = 0;
  std::vector<double> path;
  for (const double g : kGradients) {
    squares = options.rho * squares + (1 - options.rho) * g * g;
    mean = options.rho * mean + (1 - options.rho) * g;
    const double scale = options.centered ? squares - mean * mean : squares;
    momentum = options.momentum * momentum + rate * g / std::sqrt(scale + options.epsilon);
    x -= momentum;
    path.push_back(x);
  }
  return path;
}

std::vector<double> by_optimizer(RMSpropOptions options, double rate) {
  options.learning_rate = rate;
  RMSprop optimizer(options);
  const auto variable = make_variable("v", Tensor::full({1}, 1.0, DType::f64));
  optimizer.build({variable}, local_reducer());
  std::vector<double> path;
  for (const double g : kGradients) {
    test::run_traced({Tensor::zeros({1})}, [&](const auto& in) {
      optimizer.apply({{Value(), Value(Tensor::full({1}, g, DType::f64))}}, ShardLayout{});
      return in;
    });
    path.push_back(variable->value().item());
  }
  return path;
}

TEST(RMSprop, FollowsItsFormulas) {
  for (const bool centered : {false, true}) {
    for (const double momentum : {0.0, 0.9}) {
      RMSpropOptions options;
      options.rho = 0.8;
      options.momentum = momentum;
      options.centered = centered;
      const auto expected = by_hand(options, 0.1), got = by_optimizer(options, 0.1);
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NEAR(got[i], expected[i], 1e-12) << "step " << i << " centered " << centered;
      }
    }
  }
}

TEST(RMSprop, RefusesPartsThatAreNone) {
  RMSpropOptions options;
  options.rho = 1.5;
  EXPECT_NE(test::error_of([&] { RMSprop{options}; }).find("rho is 1.5"), std::string::npos);
}

}  // namespace
}  // namespace tutti
