// Muon: steps of matrices are near orthogonal, everything else goes by Adam (Jordan et al., 2024).
#include "core/optimizers/muon.h"

#include "tests/core/optimizers/path_of.h"

namespace tutti {
namespace {

// A step of `rate` 1 without momentum and decay, from zeros.
Tensor step_of(const std::string& name, const Tensor& gradient, MuonOptions options = {}) {
  options.learning_rate = 1.0;
  options.weight_decay = options.adam_weight_decay = std::nullopt;
  options.rms_rate = std::nullopt;
  options.nesterov = false;
  Muon muon(options);
  const auto variable = make_variable(name, Tensor::zeros(gradient.shape(), DType::f64));
  muon.build({variable}, local_reducer());
  test::run_traced({Tensor::zeros({1})}, [&](const auto& in) {
    muon.apply({{Value(), Value(gradient)}}, ShardLayout{});
    return in;
  });
  return variable->value();
}

TEST(Muon, StepsAreNearOrthogonal) {
  const Tensor wide = Tensor{{3, 1, 0}, {-1, 2, 5}}.to(DType::f64);
  const auto s = step_of("dense/kernel", wide).to_vector<double>();
  double product = 0, first = 0, second = 0;
  for (size_t i = 0; i < 3; ++i)
    product += s[i] * s[3 + i], first += s[i] * s[i], second += s[3 + i] * s[3 + i];
  // Five steps bring singular values to about 0.7 to 1.2.
  EXPECT_NEAR(first, 1.0, 0.5);
  EXPECT_NEAR(second, 1.0, 0.5);
  EXPECT_NEAR(product, 0.0, 0.4);
  const Tensor tall = Tensor{{3, -1}, {1, 2}, {0, 5}}.to(DType::f64);
  const auto t = step_of("dense/kernel", tall).to_vector<double>();
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 2; ++j) EXPECT_NEAR(t[2 * i + j], s[3 * j + i], 1e-12);
}

TEST(Muon, VectorsEmbeddingsAndExcludedLayersGoByAdam) {
  const Tensor matrix = Tensor{{2, -3}}.to(DType::f64);
  const std::vector<double> signs = {-1, 1};  // Adam's first step
  const auto expect_adam = [&](const Tensor& step) {
    for (size_t i = 0; i < 2; ++i) EXPECT_NEAR(step.to_vector<double>()[i], signs[i], 1e-5);
  };
  expect_adam(step_of("dense/bias", Tensor{2, -3}.to(DType::f64)));
  expect_adam(step_of("Embedding_1/embeddings", matrix));
  expect_adam(
      step_of("head/kernel", matrix, {.exclude_layers = std::vector<std::string>{"^head"}}));
  EXPECT_GT(
      std::abs(step_of("body/kernel", matrix, {.exclude_layers = std::vector<std::string>{"^head"}})
                   .to_vector<double>()[0] +
               1),
      0.1);
  EXPECT_NE(test::error_of([] {
              Muon({.exclude_layers = std::vector<std::string>{"("}});
            }).find("no regular expression"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
