// Image augmentation against Keras with the same draws, what is drawn, and that no world shows.
#include <gmock/gmock.h>

#include <map>
#include <numeric>
#include <set>

#include "core/layers/augmentation_policies.h"
#include "core/layers/color_augmentation.h"
#include "core/layers/geometric_augmentation.h"
#include "core/layers/histogram_equalization.h"
#include "core/layers/mixing_augmentation.h"
#include "core/ops/cast.h"
#include "core/ops/transpose.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::Json;

Json wide(Json arguments = Json::object()) {
  arguments["value_range"] = {-3, 3};
  return arguments;
}
const Shape kImages{5, 3, 4, 3};

// Whole numbers where a transformation is a step function of the image: it has no slope.
const test::EnterLayer kAugmentations[] = {
    {"RandomFlip", {.inputs = {kImages}}},
    {"RandomRotation", {.arguments = {{"factor", 0.2}}, .inputs = {kImages}}},
    {"RandomZoom", {.arguments = {{"height_factor", {-0.3, 0.5}}}, .inputs = {kImages}}},
    {"RandomTranslation",
     {.arguments = {{"height_factor", 0.3}, {"width_factor", 0.2}}, .inputs = {kImages}}},
    {"RandomShear", {.arguments = {{"x_factor", 0.3}, {"y_factor", 0.2}}, .inputs = {kImages}}},
    {"RandomPerspective", {.arguments = {{"scale", 0.5}}, .inputs = {kImages}}},
    {"RandomElasticTransform", {.arguments = wide(), .inputs = {{5, 6, 5, 1}}}},
    {"RandomCrop", {.arguments = {{"height", 2}, {"width", 2}}, .inputs = {kImages}}},
    {"RandomContrast", {.arguments = wide({{"factor", {0.5, 0.3}}}), .inputs = {kImages}}},
    {"RandomBrightness", {.arguments = wide({{"factor", 0.1}}), .inputs = {kImages}}},
    {"RandomSaturation",
     {.arguments = {{"factor", 0.4}, {"value_range", {-90, 90}}}, .inputs = {kImages}}},
    {"RandomHue", {.arguments = wide({{"factor", 0.4}}), .inputs = {kImages}}},
    {"RandomColorJitter", {.arguments = wide({{"contrast_factor", 0.2}}), .inputs = {kImages}}},
    {"RandomColorDegeneration", {.arguments = wide({{"factor", 0.4}}), .inputs = {kImages}}},
    {"RandomGrayscale", {.inputs = {kImages}}},
    {"RandomPosterization", {.arguments = {{"factor", 5}}, .inputs = {kImages}, .below = 200}},
    {"RandomSharpness", {.arguments = wide({{"factor", 0.4}}), .inputs = {kImages}}},
    {"RandomInvert", {.arguments = wide({{"factor", 0.5}}), .inputs = {kImages}}},
    {"Solarization",
     {.arguments = wide({{"addition_factor", 0.1}, {"threshold_factor", 0.6}}),
      .inputs = {kImages}}},
    {"RandomGaussianBlur", {.arguments = wide(), .inputs = {kImages}}},
    {"AutoContrast", {.arguments = wide(), .inputs = {kImages}}},
    {"Equalization", {.inputs = {kImages}, .below = 200}},
    {"ContrastLimitedAdaptiveHistogramEqualization",
     {.arguments = {{"tile_grid_size", 2}}, .inputs = {kImages}, .below = 200}},
    {"MixUp", {.inputs = {kImages}}},
    {"CutMix", {.inputs = {kImages}}},
    {"RandomErasing", {.arguments = wide({{"factor", {0.2, 0.9}}}), .inputs = {kImages}}},
    {"RandAugment", {.inputs = {kImages}, .below = 200}},
    {"AugMix", {.arguments = {{"num_chains", 2}}, .inputs = {kImages}, .below = 200}},
    {"Pipeline",
     {.arguments = {{"layers", {{{"RandomFlip", Json::object()}}, {{"MixUp", Json::object()}}}}},
      .inputs = {kImages}}},
};

Tensor tensor_of(const Json& json) {
  std::vector<int64_t> dims = json["shape"].get<std::vector<int64_t>>();
  const Tensor numbers = Tensor::from(json["values"].get<std::vector<double>>(), Shape(dims));
  return numbers.to(json["dtype"] == "bool" ? DType::bool_ : DType::f32);
}

TEST(Augmentation, EqualsKerasWithTheSameDraws) {
  std::set<std::string> compared;
  for (const auto& golden : test::golden("augmentations")) {
    SCOPED_TRACE(golden["layer"].get<std::string>() + " " + golden["arguments"].dump());
    const auto layer = std::dynamic_pointer_cast<ImageAugmentationLayer>(
        make_layer(test::call_of(golden["layer"], golden["arguments"])));
    ASSERT_NE(layer, nullptr);
    std::vector<Tensor> inputs{tensor_of(golden["x"])};
    std::vector<std::string> names;
    for (const auto& [name, value] : golden["drawn"].items()) {
      names.push_back(name);
      inputs.push_back(tensor_of(value));
    }
    const Tensor y = test::run_one(inputs, [&](const std::vector<Value>& in) {
      Transformation drawn;
      for (size_t i = 0; i < names.size(); ++i) drawn[names[i]] = in[i + 1];
      return layer->transform_images(in[0], drawn);
    });
    // Of the largest value.
    const Tensor want = tensor_of(golden["y"]);
    double largest = 0;
    for (const double value : want.to_vector<double>())
      largest = std::max(largest, std::abs(value));
    test::expect_close(y, want, 0, 1e-4 * largest);
    compared.insert(golden["layer"]);
  }
  EXPECT_EQ(compared.size(), std::size(kAugmentations) - 1);  // Pipeline has no draws of its own
}

// The names that the goldens give their draws are those that a layer draws.
TEST(Augmentation, DrawsWhatItTransformsBy) {
  for (const auto& golden : test::golden("augmentations")) {
    const auto layer = std::dynamic_pointer_cast<ImageAugmentationLayer>(
        make_layer(test::call_of(golden["layer"], golden["arguments"])));
    const Tensor x = tensor_of(golden["x"]);
    std::set<std::string> names, drawn_names;
    for (const auto& [name, value] : golden["drawn"].items()) names.insert(name);
    test::run_one({x},
                  [&](const std::vector<Value>& in) {
                    const Transformation drawn = layer->get_random_transformation(in[0]);
                    for (const auto& [name, value] : drawn) drawn_names.insert(name);
                    return layer->transform_images(in[0], drawn);
                  },
                  {.training = true});
    EXPECT_EQ(drawn_names, names) << golden["layer"] << golden["arguments"];
  }
}

Tensor trained(Layer& layer, const Tensor& x, int64_t shards = 1) {
  return test::run_one({x}, [&](const auto& in) { return layer.apply(in)[0]; },
                       {.training = true, .shards = shards});
}

Tensor bytes(const Shape& shape) {
  std::vector<double> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i * 37 % 256);
  return Tensor::from(values, shape).to(DType::f32);
}

// In training the rows of a batch differ, and their bits are those of any number of shards; what
// comes of uint8 images is what comes of the same numbers.
TEST(Augmentation, ShardsAndTypesDoNotShow) {
  const Tensor x = bytes({9, 6, 7, 3});
  for (const auto& [name, example] : test::examples<test::LayerExample>()) {
    const auto layer = std::dynamic_pointer_cast<ImageAugmentationLayer>(
        make_layer(test::call_of(name, example.arguments)));
    if (!layer) continue;
    SCOPED_TRACE(name);
    const auto whole = trained(*layer, x).to_vector<float>();
    EXPECT_THAT(whole, testing::Each(testing::Truly([](float v) { return std::isfinite(v); })));
    EXPECT_EQ(trained(*layer, x, 4).to_vector<float>(), whole);
    EXPECT_EQ(trained(*layer, x.to(DType::u8)).to_vector<float>(), whole);
  }
}

// Not training, images stay as they are, but for what Keras lets act there too.
TEST(Augmentation, ActsInTrainingAlone) {
  const std::set<std::string> in_inference{
      "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "RandomCrop"};
  const Tensor x = bytes({5, 6, 7, 3});
  for (const auto& [name, example] : test::examples<test::LayerExample>()) {
    const auto layer = std::dynamic_pointer_cast<ImageAugmentationLayer>(
        make_layer(test::call_of(name, example.arguments)));
    if (!layer) continue;
    const Tensor y = test::run_one({x}, [&](const auto& in) { return layer->apply(in)[0]; });
    EXPECT_EQ(y.to_vector<float>() != x.to_vector<float>(), in_inference.contains(name)) << name;
  }
}

TEST(Augmentation, ChannelsMayComeFirst) {
  const Tensor x = bytes({5, 6, 7, 3});
  const auto turned = [](const Tensor& images, const std::vector<int>& axes) {
    return test::run_one({images}, [&](const auto& in) { return transpose(in[0], axes); });
  };
  for (const auto& [name, example] : test::examples<test::LayerExample>()) {
    Json arguments = example.arguments;
    const auto last = std::dynamic_pointer_cast<ImageAugmentationLayer>(
        make_layer(test::call_of(name, arguments)));
    if (!last) continue;
    arguments["data_format"] = "channels_first";
    const auto first = make_layer(test::call_of(name, arguments));
    EXPECT_EQ(turned(trained(*first, turned(x, {0, 3, 1, 2})), {0, 2, 3, 1}).to_vector<float>(),
              trained(*last, x).to_vector<float>())
        << name;
  }
}

std::vector<double> drawn_by(const LayerHandle& handle, const std::string& name) {
  const auto& layer = dynamic_cast<const ImageAugmentationLayer&>(*handle);
  return test::run_one({Tensor::zeros({4000, 6, 8, 3})},
                       [&](const auto& in) {
                         return cast(layer.get_random_transformation(in[0]).at(name), DType::f64);
                       })
      .to_vector<double>();
}

void expect_uniform(const std::vector<double>& drawn, double low, double high) {
  double sum = 0, least = high, most = low;
  for (const double value : drawn)
    sum += value, least = std::min(least, value), most = std::max(most, value);
  const double width = high - low;
  EXPECT_GE(least, low);
  EXPECT_LE(most, high);
  EXPECT_LT(least, low + 0.01 * width);
  EXPECT_GT(most, high - 0.01 * width);
  EXPECT_NEAR(sum / static_cast<double>(drawn.size()), (low + high) / 2, 0.03 * width);
}

TEST(Augmentation, DrawsFromKerasRanges) {
  expect_uniform(drawn_by(RandomRotation(0.25), "angle"), -90, 90);
  expect_uniform(drawn_by(RandomZoom({.height_factor = {-0.2, 0.4}}), "height_zoom"), 0.8, 1.4);
  expect_uniform(drawn_by(RandomContrast({.factor = 0.2}), "contrast_factor"), 1, 1.2);
  expect_uniform(drawn_by(RandomContrast({.factor = {0.3, 0.1}}), "contrast_factor"), 0.9, 1.3);
  expect_uniform(drawn_by(RandomBrightness({.factor = 0.2, .value_range = {0, 10}}), "rgb_delta"),
                 -2, 2);
  expect_uniform(drawn_by(Solarization({.threshold_factor = {0.5, 1}}), "thresholds"), 0.5, 255);
  const auto bits = drawn_by(RandomPosterization({.factor = 4.0}), "shift_factor");
  EXPECT_EQ(std::set<double>(bits.begin(), bits.end()), (std::set<double>{5, 6, 7}));
  const auto starts = drawn_by(RandomCrop(3, 3), "h_start");
  EXPECT_EQ(std::set<double>(starts.begin(), starts.end()), (std::set<double>{0, 1, 2, 3}));
  const auto mean = [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  EXPECT_NEAR(mean(drawn_by(RandomInvert({.factor = {0.2, 0.4}}), "apply_inversion")), 0.3, 0.03);
  const auto weights = drawn_by(MixUp(0.2), "mix_weight");
  EXPECT_NEAR(mean(weights), 0.5, 0.03);
  std::vector<double> squares;
  for (const double w : weights) squares.push_back((w - 0.5) * (w - 0.5));
  EXPECT_NEAR(mean(squares), 0.25 / 1.4, 0.01);  // ab / ((a + b)^2 (a + b + 1))
}

TEST(Augmentation, RefusesInKerasWords) {
  const auto refused = [](auto&& call) { return test::error_of(call); };
  EXPECT_EQ(refused([] { RandomRotation(1.5); }),
            "[RandomRotation] The `factor` argument should be a number (or a list of two numbers) "
            "in the range [-1, 1]. Received: factor=1.5");
  EXPECT_EQ(refused([] {
              RandomContrast({.factor = {1, 2, 3}});
            }),
            "[RandomContrast] The `factor` argument should be a number (or a list of two numbers) "
            "in the range [0, 1]. Received: factor=[1, 2, 3]");
  EXPECT_EQ(refused([] { RandomZoom({.height_factor = -1.0}); }),
            "[RandomZoom] The `height_factor` and `width_factor` arguments should be a number (or "
            "a list of two numbers) in the range (-1.0, 1.0]. Received: height_factor=-1");
  EXPECT_EQ(refused([] { RandomBrightness({.factor = 0.1, .value_range = {1}}); }),
            "[RandomBrightness] The `value_range` argument should be a list of two numbers. "
            "Received: value_range=[1]");
  EXPECT_THAT(refused([] { RandomFlip("horizontl"); }),
              testing::HasSubstr("Unknown `mode` horizontl, did you mean 'horizontal'"));
  EXPECT_THAT(refused([] { RandomGaussianBlur({.kernel_size = 4}); }),
              testing::HasSubstr("kernel_size must be an odd number"));
  const Value images = make_input("x", {kRows, 4, 4, 2}), labels = make_input("y", {kRows, 3});
  EXPECT_THAT(refused([&] {
                CutMix()({images, labels});
              }),
              testing::HasSubstr("labels, bounding boxes and segmentation masks"));
  EXPECT_THAT(refused([&] { RandomHue({.factor = 0.1})(images); }),
              testing::HasSubstr("images have 2 channels; give 3"));
}

}  // namespace
}  // namespace tutti
