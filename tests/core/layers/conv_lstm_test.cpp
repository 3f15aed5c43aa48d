// ConvLSTM1D, ConvLSTM2D and ConvLSTM3D against Keras; what they refuse.
#include "core/layers/conv_lstm.h"

#include <gmock/gmock.h>

#include "core/layers/input_layer.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/keras_layer_conformance.h"

namespace tutti {
namespace {

const test::EnterLayer kConvLSTMs[] = {
    {"ConvLSTM1D",
     {.arguments = {{"filters", 2}, {"kernel_size", 2}, {"return_sequences", true}},
      .inputs = {{5, 2, 3, 1}}}},
    {"ConvLSTM1D",
     {.arguments = {{"filters", 1}, {"kernel_size", 2}, {"recurrent_dropout", 0.5}},
      .inputs = {{5, 2, 3, 1}}}},
    {"ConvLSTM2D",
     {.arguments = {{"filters", 1}, {"kernel_size", 2}, {"data_format", "channels_first"}},
      .inputs = {{5, 2, 1, 3, 2}}}},
    {"ConvLSTM3D",
     {.arguments = {{"filters", 1}, {"kernel_size", {1, 2, 1}}}, .inputs = {{5, 2, 1, 2, 1, 2}}}},
};

TEST(ConvLSTMs, EqualKeras) { test::expect_layers_equal_keras("conv_lstms"); }

TEST(ConvLSTMs, RefuseWhatTheyCannotDo) {
  EXPECT_THAT(test::error_of([] { ConvLSTM2D(0, 3); }), testing::HasSubstr("filters is 0"));
  EXPECT_THAT(test::error_of([] {
                ConvLSTM2D(1, 3)(Input({4, 4, 1}));
              }),
              testing::HasSubstr("takes an input (rows, steps, 2 spatial axes, features)"));
  EXPECT_THAT(test::error_of([] {
                ConvLSTM1D(1, 3)(Input({4, 2, 1}));
              }),
              testing::HasSubstr("does not fit"));
}

}  // namespace
}  // namespace tutti
