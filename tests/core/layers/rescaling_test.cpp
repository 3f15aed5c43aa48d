// Rescaling: x scale + offset, by hand.
#include "core/layers/rescaling.h"

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

const test::EnterLayer kRescaling("Rescaling", {.arguments = {{"scale", 0.5}, {"offset", 1.0}},
                                                .inputs = {{5, 4}}});

Tensor rescaled(const test::Json& arguments, const Tensor& input) {
  const auto layer = make_layer(test::call_of("Rescaling", arguments));
  return test::run_one({input}, [&](const auto& in) { return layer->apply(in)[0]; });
}

TEST(Rescaling, ScalesThenShifts) {
  const Tensor pixels = test::tensor_of({{0.0, 16.0}, {8.0, 4.0}});
  EXPECT_EQ(rescaled({{"scale", 0.0625}}, pixels).to_vector<float>(),
            (std::vector<float>{0, 1, 0.5, 0.25}));
  EXPECT_EQ(rescaled({{"scale", 0.125}, {"offset", -1.0}}, pixels).to_vector<float>(),
            (std::vector<float>{-1, 1, 0, -0.5}));
}

TEST(Rescaling, TakesArraysThatBroadcastAlongTheLastAxes) {
  const Tensor pixels = test::tensor_of({{{2.0, 4.0}, {6.0, 8.0}}});
  EXPECT_EQ(rescaled({{"scale", {0.5, 0.25}}, {"offset", {1.0, 0.0}}}, pixels).to_vector<float>(),
            (std::vector<float>{2, 1, 4, 2}));
  EXPECT_EQ(rescaled({{"scale", {{1.0, 2.0}, {3.0, 4.0}}}}, pixels).to_vector<float>(),
            (std::vector<float>{2, 8, 18, 32}));
  const Rescaling same({.scale = {0.5, 0.25}, .offset = Tensor{1, 0}});
  EXPECT_EQ(same(pixels).to_vector<float>(), (std::vector<float>{2, 1, 4, 2}));
  EXPECT_EQ(Rescaling(2)(pixels).to_vector<float>(), (std::vector<float>{4, 8, 12, 16}));
  const auto layer = make_layer(test::call_of("Rescaling", {{"scale", {{1.0, 2.0}, {3.0, 4.0}}}}));
  EXPECT_EQ(kind_config(*make_layer(layer_config(*layer))), kind_config(*layer));
  EXPECT_NE(test::error_of([] {
              make_layer(test::call_of("Rescaling", {{"scale", {{1.0}, 2.0}}}));
            }).find("ragged"),
            std::string::npos);
}

TEST(Rescaling, HasNoWeightsAndNeedsItsScale) {
  const auto layer = make_layer(test::call_of("Rescaling", {{"scale", 2.0}}));
  EXPECT_TRUE(layer->weights().empty());
  EXPECT_NE(test::error_of([] { make_layer("Rescaling"); }).find("Rescaling needs 'scale'"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
