// Poolings against Keras; what they refuse.
#include "core/layers/pooling.h"

#include <gmock/gmock.h>

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/keras_layer_conformance.h"

namespace tutti {
namespace {

const test::LayerExample kLine{.inputs = {{5, 4, 2}}}, kImage{.inputs = {{5, 3, 4, 2}}},
    kVolume{.inputs = {{5, 2, 3, 2, 1}}};
test::LayerExample with(test::LayerExample example, test::Json arguments) {
  example.arguments = std::move(arguments);
  return example;
}
const test::EnterLayer kPoolings[] = {
    {"MaxPooling1D", with(kLine, {{"padding", "same"}, {"pool_size", 3}})},
    {"MaxPooling2D", with(kImage, {{"strides", 1}})},
    {"MaxPooling3D", with(kVolume, {{"pool_size", {1, 2, 2}}})},
    {"AveragePooling1D", with(kLine, {{"padding", "same"}, {"pool_size", 3}})},
    {"AveragePooling2D", with(kImage, {{"pool_size", 2}})},
    {"AveragePooling3D", with(kVolume, {{"pool_size", {1, 2, 2}}})},
    {"GlobalMaxPooling1D", kLine},
    {"GlobalMaxPooling2D", with(kImage, {{"keepdims", true}})},
    {"GlobalMaxPooling3D", kVolume},
    {"GlobalAveragePooling1D", kLine},
    {"GlobalAveragePooling2D", kImage},
    {"GlobalAveragePooling3D", kVolume},
    {"AdaptiveMaxPooling1D", with(kLine, {{"output_size", 3}})},
    {"AdaptiveMaxPooling2D", with(kImage, {{"output_size", 2}})},
    {"AdaptiveMaxPooling3D", with(kVolume, {{"output_size", {1, 2, 1}}})},
    {"AdaptiveAveragePooling1D", with(kLine, {{"output_size", 3}})},
    {"AdaptiveAveragePooling2D", with(kImage, {{"output_size", 2}})},
    {"AdaptiveAveragePooling3D", with(kVolume, {{"output_size", {1, 2, 1}}})},
};

TEST(Poolings, EqualKeras) { test::expect_layers_equal_keras("poolings"); }

TEST(Poolings, RefuseWhatTheyCannotDo) {
  const Value image = make_input("x", {kRows, 3, 3, 1});
  const auto refused = [&](auto&& call) { return test::error_of(call); };
  EXPECT_EQ(refused([&] { MaxPooling2D({.pool_size = 0}); }),
            "[MaxPooling2D] pool_size is [0]; use 1 or more, one number or 2 of them");
  EXPECT_THAT(refused([&] { MaxPooling2D({.pool_size = 4})(image); }),
              testing::HasSubstr("does not fit"));
  EXPECT_THAT(refused([&] { GlobalMaxPooling1D()(image); }),
              testing::HasSubstr("takes rows, 1 spatial axis and channels"));
  EXPECT_THAT(refused([&] { AveragePooling2D({.padding = "samme"}); }),
              testing::HasSubstr("did you mean 'same'"));
}

}  // namespace
}  // namespace tutti
