// Noise: what is drawn, that only training draws it, and that no world shows in it.
#include "core/layers/noise.h"

#include "core/layers/residual_branch.h"

#include <gmock/gmock.h>

#include <cmath>

#include "core/ops/random_uniform.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const test::EnterLayer kNoise[] = {
    {"SpatialDropout1D", {.arguments = {{"rate", 0.5}}, .inputs = {{5, 3, 2}}}},
    {"SpatialDropout2D", {.arguments = {{"rate", 0.5}}, .inputs = {{5, 2, 2, 2}}}},
    {"SpatialDropout3D", {.arguments = {{"rate", 0.5}}, .inputs = {{5, 1, 2, 2, 2}}}},
    {"GaussianNoise", {.arguments = {{"stddev", 0.1}}, .inputs = {{5, 3}}}},
    {"GaussianDropout", {.arguments = {{"rate", 0.3}}, .inputs = {{5, 3}}}},
    {"AlphaDropout", {.arguments = {{"rate", 0.3}}, .inputs = {{5, 3}}}},
    {"StochasticDepth", {.arguments = {{"drop_path_rate", 0.5}}, .inputs = {{5, 3, 2}}}},
    {"LayerScale",
     {.arguments = {{"init_values", 0.5}, {"projection_dim", 2}}, .inputs = {{5, 3, 2}}}},
};

struct MeanAndDeviation {
  double mean, deviation;
};
MeanAndDeviation moments_of(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (const double x : values) sum += x, squares += x * x;
  const double mean = sum / static_cast<double>(values.size());
  return {mean, std::sqrt(squares / static_cast<double>(values.size()) - mean * mean)};
}

Tensor in_training_of(const LayerHandle& layer, const Tensor& x, int64_t shards = 1) {
  return test::run_one({x}, [&](const auto& in) { return layer->apply(in)[0]; },
                       {.training = true, .shards = shards});
}

TEST(Noise, IsDistributedAsItSays) {
  const Tensor x = Tensor::full({100, 200}, 3);
  const auto check = [&](const LayerHandle& layer, double mean, double deviation) {
    const MeanAndDeviation got = moments_of(in_training_of(layer, x).to_vector<double>());
    EXPECT_NEAR(got.mean, mean, 0.03);
    EXPECT_NEAR(got.deviation, deviation, 0.03);
  };
  check(GaussianNoise({.stddev = 0.5}), 3, 0.5);
  check(GaussianDropout({.rate = 0.2}), 3, 3 * 0.5);
}

TEST(Noise, AlphaDropoutKeepsMeanAndVariance) {
  const Tensor zeros = Tensor::zeros({200, 200});
  const Tensor normal = test::run_one({zeros}, [](const auto& in) { return random_normal(in[0]); });
  const MeanAndDeviation before = moments_of(normal.to_vector<double>());
  EXPECT_NEAR(before.mean, 0, 0.02);
  EXPECT_NEAR(before.deviation, 1, 0.02);
  // Of another seed: both traces begin at the same call site.
  const MeanAndDeviation after = moments_of(
      in_training_of(AlphaDropout({.rate = 0.4, .seed = 7}), normal).to_vector<double>());
  EXPECT_NEAR(after.mean, 0, 0.03);
  EXPECT_NEAR(after.deviation, 1, 0.03);
}

TEST(Noise, SpatialDropoutTakesWholeChannels) {
  const auto y = in_training_of(SpatialDropout1D({.rate = 0.5}), Tensor::full({8, 3, 4}, 1))
                     .to_vector<float>();
  int zeros = 0;
  for (size_t row = 0; row < 8; ++row)
    for (size_t channel = 0; channel < 4; ++channel) {
      const float first = y[row * 12 + channel];
      EXPECT_TRUE(first == 0 || first == 2);
      zeros += first == 0;
      for (size_t step = 1; step < 3; ++step) EXPECT_EQ(y[row * 12 + step * 4 + channel], first);
    }
  EXPECT_GT(zeros, 6);
  EXPECT_LT(zeros, 26);
}

TEST(Noise, StochasticDepthTakesWholeRowsAndLayerScaleNone) {
  const Tensor x = Tensor::full({40, 3, 2}, 1);
  const auto y = in_training_of(StochasticDepth({.drop_path_rate = 0.75}), x).to_vector<float>();
  int kept = 0;
  for (size_t row = 0; row < 40; ++row) {
    EXPECT_TRUE(y[row * 6] == 0 || y[row * 6] == 4);
    kept += y[row * 6] != 0;
    for (size_t i = 1; i < 6; ++i) EXPECT_EQ(y[row * 6 + i], y[row * 6]);
  }
  EXPECT_GT(kept, 2);
  EXPECT_LT(kept, 20);
  const auto scaled = in_training_of(LayerScale({.init_values = 0.5, .projection_dim = 2}), x);
  EXPECT_EQ(scaled.to_vector<float>(), std::vector<float>(240, 0.5F));
  EXPECT_EQ(test::error_of([] { StochasticDepth({.drop_path_rate = 1}); }),
            "[StochasticDepth] drop_path_rate is 1; use a number from 0 to below 1");
}

TEST(Noise, ShardsDoNotShow) {
  const Tensor x = Tensor::full({9, 5}, 1);
  for (const LayerHandle& layer :
       {LayerHandle(GaussianNoise({.stddev = 1})), LayerHandle(GaussianDropout({.rate = 0.5})),
        LayerHandle(AlphaDropout({.rate = 0.5}))})
    EXPECT_EQ(in_training_of(layer, x).to_vector<float>(),
              in_training_of(layer, x, 4).to_vector<float>());
}

TEST(Noise, OfASeedIsItsOwn) {
  const Tensor x = Tensor::zeros({4, 4});
  const auto of_seed = [&](int64_t seed) {
    return in_training_of(GaussianNoise({.stddev = 1, .seed = seed}), x).to_vector<float>();
  };
  EXPECT_EQ(of_seed(3), of_seed(3));
  EXPECT_NE(of_seed(3), of_seed(4));
}

TEST(Noise, RefusesWhatIsNoRate) {
  EXPECT_EQ(test::error_of([] { GaussianDropout({.rate = 1}); }),
            "[GaussianDropout] rate is 1; use a number from 0 to below 1");
  EXPECT_EQ(test::error_of([] { GaussianNoise({.stddev = -1}); }),
            "[GaussianNoise] stddev is -1; use 0 or more");
}

}  // namespace
}  // namespace tutti
