// BatchNormalization and the normalizations of rows against Keras; what they refuse.
#include <gmock/gmock.h>

#include "core/layers/batch_normalization.h"
#include "core/layers/row_normalizations.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/keras_layer_conformance.h"

namespace tutti {
namespace {

const test::EnterLayer kNormalizations[] = {
    {"BatchNormalization", {.arguments = {{"momentum", 0.9}}, .inputs = {{5, 3}}}},
    {"BatchNormalization", {.arguments = {{"axis", 1}}, .inputs = {{5, 2, 3}}}},
    {"LayerNormalization", {.inputs = {{5, 4}}}},
    {"LayerNormalization", {.arguments = {{"axis", {1, 2}}}, .inputs = {{5, 2, 3}}}},
    {"RMSNormalization", {.inputs = {{5, 4}}}},
    {"UnitNormalization", {.inputs = {{5, 4}}}},
    {"GroupNormalization", {.arguments = {{"groups", 2}}, .inputs = {{5, 3, 4}}}},
};

TEST(Normalizations, EqualKeras) { test::expect_layers_equal_keras("normalizations"); }

// As Keras's: a frozen layer keeps to its averages while the model trains.
TEST(Normalizations, AFrozenBatchNormalizationUsesItsAverages) {
  BatchNormalization layer;
  const Tensor x = {{1, 10}, {3, 20}};
  const auto run = [&](bool training) {
    return test::run_one({x}, [&](const auto& in) { return layer->apply(in)[0]; },
                         {.training = training});
  };
  run(false);
  EXPECT_EQ(layer->weights()[2]->value().to_vector<float>(), (std::vector<float>{0, 0}));
  run(true);
  const auto moved = layer->weights()[2]->value().to_vector<float>();
  EXPECT_NEAR(moved[0], 0.02, 1e-7);
  EXPECT_NEAR(moved[1], 0.15, 1e-6);
  layer->set_trainable(false);
  EXPECT_EQ(run(true).to_vector<float>(), run(false).to_vector<float>());
  EXPECT_EQ(layer->weights()[2]->value().to_vector<float>(), moved);
}

TEST(Normalizations, RefuseWhatTheyCannotDo) {
  const Value x = make_input("x", {kRows, 4});
  const auto refused = [&](auto&& call) { return test::error_of(call); };
  EXPECT_THAT(refused([&] { BatchNormalization({.axis = 0}, "b")(x); }),
              testing::HasSubstr("[b] axis 0 of (None, 4) is the rows"));
  EXPECT_THAT(refused([&] {
                LayerNormalization({.axis = {0, 1}})(x);
              }),
              testing::HasSubstr("not the rows"));
  EXPECT_THAT(refused([&] { GroupNormalization({.groups = 3})(x); }),
              testing::HasSubstr("3 groups do not divide 4 channels"));
  EXPECT_THAT(refused([&] { BatchNormalization({.momentum = 2}); }),
              testing::HasSubstr("momentum is 2"));
}

}  // namespace
}  // namespace tutti
