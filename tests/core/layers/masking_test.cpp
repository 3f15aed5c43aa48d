// Masks: the layers that make them, how they travel, and what they weigh in a loss and a metric.
#include <gmock/gmock.h>

#include "core/layers/batch_normalization.h"
#include "core/layers/dense.h"
#include "core/layers/embedding.h"
#include "core/layers/input_layer.h"
#include "core/layers/masking.h"
#include "core/layers/merging.h"
#include "core/layers/reshaping.h"
#include "core/layers/simple_rnn.h"
#include "core/losses/regression.h"
#include "core/metrics/errors.h"
#include "core/model/sequential.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/keras_layer_conformance.h"

namespace tutti {
namespace {

using test::run_one, test::error_of;

const test::EnterLayer kMasking[] = {
    {"Masking", {.arguments = {{"mask_value", 0.5}}, .inputs = {{5, 3, 2}}}},
    {"Embedding",
     {.arguments = {{"input_dim", 6}, {"output_dim", 2}}, .inputs = {{5, 3}}, .below = 6}},
    {"TimeDistributed",
     {.arguments = {{"layer", {{"Dense", {{"units", 2}}}}}}, .inputs = {{5, 3, 2}}}},
};

// (2, 3, 1): the second step of row 0 and the last two of row 1 are 0.
Tensor steps() {
  return Tensor::from(std::vector<double>{1, 0, 3, 4, 0, 0}, {2, 3, 1}).to(DType::f32);
}

TEST(Masking, EqualsKeras) { test::expect_layers_equal_keras("masks"); }

TEST(Masking, TravelsThroughLayersThatKnowMasks) {
  const Value x = Masking()(Input({4, 3}));
  ASSERT_TRUE(mask_of(x).defined());
  EXPECT_EQ(to_string(mask_of(x).shape()), "(None, 4)");
  EXPECT_EQ(mask_of(Dense(2)(x)), mask_of(x));
  EXPECT_FALSE(mask_of(Flatten()(x)).defined());
  EXPECT_FALSE(mask_of(Add()({x, Input({4, 3})})).defined());
  EXPECT_EQ(mask_of(Add()({x, x})).shape(), mask_of(x).shape());
  EXPECT_EQ(mask_of(Concatenate()({x, Input({4, 3})})).shape(), mask_of(x).shape());
  EXPECT_FALSE(mask_of(SimpleRNN(2)(x)).defined());
  EXPECT_EQ(mask_of(SimpleRNN({.units = 2, .return_sequences = true})(x)), mask_of(x));
}

TEST(Masking, AMaskFitsItsValue) {
  EXPECT_THAT(error_of([] {
                with_mask(Input({4, 3}), make_input("m", {kRows, 5}, DType::bool_));
              }),
              testing::HasSubstr("is no mask of"));
}

TEST(Masking, LossesAndMetricsCountWhatCounts) {
  const Tensor truth = Tensor::zeros({2, 3, 1});
  const auto masked = [&](auto&& of) {
    return run_one({steps(), truth}, [&](const auto& in) { return of(in[1], Masking()(in[0])); })
        .item();
  };
  const losses::MeanSquaredError mean, sum({.reduction = "sum"});
  EXPECT_NEAR(masked(mean), (1 + 9 + 16) / 3.0, 1e-5);
  EXPECT_NEAR(masked(sum), 26, 1e-5);
  const auto metric = [&](size_t which) {
    return masked([&](const Value& y, const Value& p) {
      return metrics::MeanSquaredError().sums(y + 1.0, p, {})[which];
    });
  };
  EXPECT_NEAR(metric(0) / metric(1), ((0 + 4) / 3.0 + 9 / 3.0) / ((2 + 1) / 3.0), 1e-5);
}

// A model's layers see the masks of what it is called on.
TEST(Masking, GoesIntoAModelInsideAModel) {
  const SimpleRNN inner({.units = 2, .return_sequences = true});
  const Dense dense(1);
  Sequential model({inner, dense});
  const Tensor direct =
      run_one({steps()}, [&](const auto& in) { return dense(inner(Masking()(in[0]))); });
  model.build_graph({{"", Shape{3, 1}}});
  const Tensor nested = run_one({steps()}, [&](const auto& in) {
    const Value y = model(Masking()(in[0]));
    EXPECT_TRUE(mask_of(y).defined());
    EXPECT_FALSE(mask_of(model(in[0])).defined());
    return y;
  });
  EXPECT_EQ(nested.to_vector<float>(), direct.to_vector<float>());
}

// What a layer assigns while a model trains is part of the step.
TEST(Masking, AModelsBatchNormalizationMovesItsAverages) {
  const BatchNormalization norm;
  Sequential model({norm, Dense(1)});
  const Tensor x = {{1, 10}, {3, 20}};
  run_one({x}, [&](const auto& in) { return model(in[0]); }, {.training = true});
  const auto moved = norm->weights()[2]->value().to_vector<float>();
  EXPECT_NEAR(moved[0], 0.02, 1e-7);
  EXPECT_NEAR(moved[1], 0.15, 1e-6);
}

TEST(Embedding, BeginsWithGivenWeights) {
  const Embedding layer({.input_dim = 2, .output_dim = 2, .weights = Tensor{{1, 2}, {3, 4}}});
  const Tensor at = Tensor::from(std::vector<double>{1, 0}, {2, 1}).to(DType::i64);
  EXPECT_EQ(run_one({at}, [&](const auto& in) { return layer(in[0]); }).to_vector<float>(),
            (std::vector<float>{3, 4, 1, 2}));
  EXPECT_THAT(error_of([] {
                Embedding({.input_dim = 2, .output_dim = 1, .weights = Tensor{{1, 2}, {3, 4}}});
              }),
              testing::HasSubstr("weights have shape (2, 2); give (2, 1)"));
  EXPECT_THAT(error_of([] { Embedding({.input_dim = 0, .output_dim = 1}); }),
              testing::HasSubstr("use 1 or more"));
}

TEST(Embedding, ANumberOutsideIsNotANumber) {
  const Embedding layer({.input_dim = 2, .output_dim = 1});
  const Tensor at = Tensor::from(std::vector<double>{1, 2}, {2, 1}).to(DType::i64);
  const Tensor y = run_one({at}, [&](const auto& in) { return layer(in[0]); });
  EXPECT_FALSE(std::isnan(y.to_vector<float>()[0]));
  EXPECT_TRUE(std::isnan(y.to_vector<float>()[1]));
}

}  // namespace
}  // namespace tutti
