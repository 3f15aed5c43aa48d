// Convolutions against Keras; what they refuse.
#include "core/layers/convolution.h"

#include <gmock/gmock.h>

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/keras_layer_conformance.h"

namespace tutti {
namespace {

const test::EnterLayer kConvolutions[] = {
    {"Conv1D",
     {.arguments =
          {{"filters", 2}, {"kernel_size", 2}, {"padding", "causal"}, {"activation", "tanh"}},
      .inputs = {{5, 4, 2}}}},
    {"Conv2D",
     {.arguments = {{"filters", 4}, {"kernel_size", {2, 1}}, {"strides", {1, 2}}, {"groups", 2}},
      .inputs = {{5, 3, 4, 2}}}},
    {"Conv1DTranspose",
     {.arguments = {{"filters", 2}, {"kernel_size", 3}, {"strides", 2}}, .inputs = {{5, 3, 2}}}},
    {"Conv2DTranspose",
     {.arguments = {{"filters", 2}, {"kernel_size", 2}, {"padding", "same"}, {"strides", 2}},
      .inputs = {{5, 2, 3, 2}}}},
    {"Conv3DTranspose",
     {.arguments = {{"filters", 1}, {"kernel_size", 2}}, .inputs = {{5, 2, 1, 2, 2}}}},
    {"DepthwiseConv1D",
     {.arguments = {{"kernel_size", 2}, {"depth_multiplier", 2}}, .inputs = {{5, 4, 2}}}},
    {"DepthwiseConv2D",
     {.arguments = {{"kernel_size", 2}, {"padding", "same"}}, .inputs = {{5, 3, 2, 2}}}},
    {"SeparableConv1D", {.arguments = {{"filters", 3}, {"kernel_size", 2}}, .inputs = {{5, 3, 2}}}},
    {"SeparableConv2D",
     {.arguments = {{"filters", 2}, {"kernel_size", 2}}, .inputs = {{5, 3, 3, 2}}}},
    {"Conv3D",
     {.arguments = {{"filters", 2}, {"kernel_size", 2}, {"padding", "same"}},
      .inputs = {{5, 2, 3, 2, 1}}}},
};

TEST(Convolution, EqualsKeras) { test::expect_layers_equal_keras("convolutions"); }

TEST(Convolution, RefusesWhatItCannotDo) {
  const auto refused = [](Conv2DLayer::Options options, Shape shape = {kRows, 5, 5, 2}) {
    return test::error_of([&] { Conv2D(options, "c")(make_input("x", shape)); });
  };
  EXPECT_EQ(refused({.filters = 0, .kernel_size = 3}),
            "[Conv2D] filters is 0 with 1 groups; use one or more, a multiple of groups");
  EXPECT_EQ(refused({.filters = 1, .kernel_size = {3, 3, 3}}),
            "[Conv2D] kernel_size is [3, 3, 3]; use 1 or more, one number or 2 of them");
  EXPECT_EQ(refused({.filters = 1, .kernel_size = 3, .padding = "causal"}),
            "[Conv2D] padding 'causal' is unknown; use valid, same");
  EXPECT_EQ(refused({.filters = 1, .kernel_size = 3, .strides = 2, .dilation_rate = 2}),
            "[Conv2D] strides and dilation_rate are both above 1; leave one of them 1");
  EXPECT_THAT(refused({.filters = 1, .kernel_size = 3}, {kRows, 5, 2}),
              testing::HasSubstr("takes rows, 2 spatial axes and channels, got (None, 5, 2)"));
  EXPECT_THAT(refused({.filters = 1, .kernel_size = 6}), testing::HasSubstr("does not fit"));
  EXPECT_THAT(refused({.filters = 3, .kernel_size = 1, .groups = 3}),
              testing::HasSubstr("3 groups do not divide 2 channels"));
}

}  // namespace
}  // namespace tutti
