// Padding, cropping, resizing, permuting and PReLU against Keras; what they refuse.
#include <gmock/gmock.h>

#include "core/layers/borders.h"
#include "core/layers/prelu.h"
#include "core/layers/reshaping.h"
#include "core/layers/resizing.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/keras_layer_conformance.h"

namespace tutti {
namespace {

const test::EnterLayer kShapes[] = {
    {"ZeroPadding1D", {.inputs = {{5, 3, 2}}}},
    {"ZeroPadding2D", {.arguments = {{"padding", {{0, 1}, {2, 0}}}}, .inputs = {{5, 2, 2, 2}}}},
    {"ZeroPadding3D", {.inputs = {{5, 1, 2, 1, 2}}}},
    {"Cropping1D", {.inputs = {{5, 3, 2}}}},
    {"Cropping2D", {.arguments = {{"cropping", {0, 1}}}, .inputs = {{5, 2, 3, 2}}}},
    {"Cropping3D", {.inputs = {{5, 3, 3, 3, 1}}}},
    {"UpSampling1D", {.inputs = {{5, 3, 2}}}},
    {"UpSampling2D", {.arguments = {{"interpolation", "bilinear"}}, .inputs = {{5, 2, 2, 1}}}},
    {"UpSampling3D", {.inputs = {{5, 1, 2, 2, 1}}}},
    {"Permute", {.arguments = {{"dims", {2, 1}}}, .inputs = {{5, 3, 2}}}},
    {"RepeatVector", {.arguments = {{"n", 2}}, .inputs = {{5, 3}}}},
    {"PReLU", {.arguments = {{"alpha_initializer", "ones"}}, .inputs = {{5, 3}}}},
    {"Resizing", {.arguments = {{"height", 3}, {"width", 2}}, .inputs = {{5, 2, 3, 1}}}},
    {"CenterCrop", {.arguments = {{"height", 1}, {"width", 2}}, .inputs = {{5, 2, 3, 1}}}},
};

TEST(Shapes, EqualKeras) { test::expect_layers_equal_keras("shapes"); }

TEST(Shapes, RefuseWhatTheyCannotDo) {
  const Value line = make_input("x", {kRows, 3, 2});
  const auto refused = [&](auto&& call) { return test::error_of(call); };
  EXPECT_THAT(refused([&] {
                ZeroPadding2D({.padding = {1, 2, 3}});
              }),
              testing::HasSubstr("is for 3 axes; give one number, 2 of them or 2 pairs"));
  EXPECT_THAT(refused([&] { ZeroPadding1D({.padding = -1}); }),
              testing::HasSubstr("use 0 or more"));
  EXPECT_THAT(refused([&] {
                Cropping1D({.cropping = {2, 1}})(line);
              }),
              testing::HasSubstr("leaves nothing of the 3 elements"));
  EXPECT_THAT(refused([&] {
                Permute({1, 3});
              }),
              testing::HasSubstr("each number from 1 to 2 once"));
  EXPECT_THAT(refused([&] { Permute({1})(line); }), testing::HasSubstr("are for rows of 1 axes"));
  EXPECT_THAT(refused([&] { RepeatVector(2)(line); }), testing::HasSubstr("Flatten it"));
  EXPECT_THAT(refused([&] { Resizing({.height = 0, .width = 2}); }),
              testing::HasSubstr("use one or more"));
  EXPECT_THAT(refused([&] { UpSampling2D({.interpolation = "bilinaer"}); }),
              testing::HasSubstr("did you mean 'bilinear'"));
}

}  // namespace
}  // namespace tutti
