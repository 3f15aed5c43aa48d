// Quantized layers and models against Keras: numbers, scales and outputs; what is refused.
#include <gmock/gmock.h>

#include <cstring>

#include "core/layers/batch_normalization.h"
#include "core/layers/convolution.h"
#include "core/layers/dense.h"
#include "core/layers/embedding.h"
#include "core/layers/input_layer.h"
#include "core/model/sequential.h"
#include "core/ops/quantize.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of;
using testing::HasSubstr;

Tensor stored(const test::Json& json, DType dtype) {
  return Tensor::from(json.at("values").get<std::vector<double>>(),
                      Shape(json.at("shape").get<std::vector<int64_t>>()))
      .to(dtype);
}

Ref<QuantizationConfig> config_called(const std::string& name) {
  if (name == "int8 weights")
    return Int8QuantizationConfig(Int8QuantizationOptions{.activation_quantizer = nullptr});
  if (name == "int4 channels")
    return Int4QuantizationConfig(Int4QuantizationOptions{.block_size = {}});
  if (name == "int4 dynamic")
    return Int4QuantizationConfig(
        Int4QuantizationOptions{.activation_quantizer = AbsMaxQuantizer(), .block_size = -1});
  if (name == "int4 blocks")
    return Int4QuantizationConfig(Int4QuantizationOptions{.block_size = 4});
  return Ref<QuantizationConfig>(name);
}

void expect_near(const Tensor& got, const test::Json& wanted) {
  const auto values = got.to_vector<float>(),
             others = stored(wanted, DType::f32).to_vector<float>();
  ASSERT_EQ(values.size(), others.size());
  for (size_t i = 0; i < values.size(); ++i)
    ASSERT_NEAR(values[i], others[i], 1e-5F * (1 + std::abs(others[i]))) << i;
}

// Every weight by Keras's name, to the bit.
void expect_weights(const Layer& layer, const test::Json& wanted) {
  ASSERT_EQ(layer.weights().size(), wanted.size());
  for (const auto& variable : layer.weights()) {
    const std::string name = variable->name().substr(variable->name().rfind('/') + 1);
    SCOPED_TRACE(name);
    ASSERT_TRUE(wanted.contains(name));
    const Tensor expected = stored(wanted.at(name), variable->dtype());
    ASSERT_EQ(variable->shape(), expected.shape());
    EXPECT_EQ(variable->value().to_vector<double>(), expected.to_vector<double>());
  }
}

TEST(Quantization, EqualsKeras) {
  for (const auto& one : test::golden("quantization")) {
    SCOPED_TRACE(one.at("kind").get<std::string>() + " " + one.at("config").get<std::string>() +
                 " " + one.at("arguments").dump());
    auto arguments = one.at("arguments");
    arguments["name"] = "layer";
    const auto layer = make_layer(test::call_of(one.at("kind").get<std::string>(), arguments));
    const bool whole = one.at("kind") != "Dense" && one.at("kind") != "EinsumDense";
    const Tensor x = stored(one.at("x"), whole ? DType::i32 : DType::f32);
    const LayerHandle call(layer);
    call(x);
    const auto weights = layer->weights();
    for (size_t i = 0; i < weights.size(); ++i)
      weights[i]->set_value(stored(one.at("weights")[i], DType::f32));
    layer->quantize(config_called(one.at("config").get<std::string>()));
    expect_weights(*layer, one.at("quantized"));
    const Tensor y = call(x);
    expect_near(y, one.at("outputs")[0]);
    if (one.at("outputs").size() > 1) expect_near(call(y), one.at("outputs")[1]);
  }
}

TEST(Quantization, PacksTwoNumbersInAByteAndUnpacksThem) {
  std::vector<float> numbers;
  for (int i = -8; i < 8; ++i) numbers.insert(numbers.end(), {static_cast<float>(i), 3, -1});
  const Tensor x = Tensor::from(numbers, {16, 3});
  for (const int axis : {0, 1}) {
    const Value packed = pack_int4(Value(x), axis);
    EXPECT_EQ(packed.dtype(), DType::i8);
    EXPECT_EQ(packed.shape(), (axis == 0 ? Shape{8, 3} : Shape{16, 2}));
    EXPECT_EQ(evaluate(unpack_int4(packed, axis, x.shape()[axis], DType::f32)).to_vector<float>(),
              numbers);
  }
}

Tensor waves(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(0.37F * static_cast<float>(i));
  return Tensor::from(values, shape);
}

LayerHandle input_of(const Shape& shape) {
  return {std::make_shared<InputLayer>(InputOptions{.shape = shape})};
}

TEST(Quantization, ARowIsTheSameWhateverRowsAreBesideIt) {
  Sequential model({input_of({1500}), Dense(40, "relu"), Dense(3)});
  model.quantize("int8");
  const Tensor x = waves({33, 1500}), all = model.predict(x, 33), apart = model.predict(x, 7);
  EXPECT_EQ(std::memcmp(all.raw(), apart.raw(), all.bytes()), 0);
}

TEST(Quantization, AModelPredictsAndEvaluatesButTrainsNoMore) {
  const auto inner = std::make_shared<Sequential>(
      std::initializer_list<LayerHandle>{
          input_of({6}), Dense({.units = 8, .activation = "relu"}, "wide"), BatchNormalization()},
      "inner");
  Sequential model({input_of({6}), LayerHandle(inner), Dense({.units = 2}, "out")});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = waves({9, 6}), y = waves({9, 2}), before = model.predict(x);
  const double loss = *model.evaluate(x, y).find("loss");
  model.quantize("int8");
  EXPECT_TRUE(model.quantized());
  const auto values = before.to_vector<float>(), now = model.predict(x).to_vector<float>();
  EXPECT_NE(values, now);
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], now[i], 0.05F);
  EXPECT_NEAR(*model.evaluate(x, y).find("loss"), loss, 0.05);
  EXPECT_THAT(error_of([&] { model.fit(x, y, {.verbose = 0}); }),
              HasSubstr("[wide] is quantized to int8, to predict with alone"));
  EXPECT_THAT(error_of([&] { model.quantize("int4"); }), HasSubstr("[wide] is quantized already"));
}

TEST(Quantization, TakesTheLayersThatAFilterNames) {
  Sequential model({input_of({6}), Dense({.units = 8}, "first"), Dense({.units = 2}, "last")});
  model.quantize("int4", [](const Layer& layer) { return layer.name() != "last"; });
  EXPECT_EQ(model.get_layer("first")->dtype_policy().name(), "int4/128_from_float32");
  EXPECT_FALSE(model.get_layer("last")->quantization());
}

TEST(Quantization, RefusesWhatHasNoWeightsForIt) {
  Sequential model({input_of({6, 6, 1}), Conv2D(2, 3)});
  EXPECT_THAT(error_of([&] { model.quantize("int8"); }), HasSubstr("has no layer that quantize()"));
  EXPECT_THAT(error_of([&] { model.get_layer(size_t{0})->quantize("int8"); }),
              HasSubstr("a Conv2D has no weights that quantize() takes"));
  EXPECT_THAT(
      error_of([] {
        make_layer(test::call_of(
            "Conv2D", {{"filters", 2}, {"kernel_size", 3}, {"dtype", "int8_from_float32"}}));
      }),
      HasSubstr("give it dtype float32"));
  EXPECT_THAT(error_of([] { DTypePolicy("int4/0_from_float32"); }), HasSubstr("use int8, int4/-1"));
  EXPECT_THAT(error_of([] { set_dtype_policy("int8_from_float32"); }), HasSubstr("quantize()"));
  EXPECT_THAT(
      error_of([] {
        Int4QuantizationConfig(Int4QuantizationOptions{.activation_quantizer = AbsMaxQuantizer()});
      }),
      HasSubstr("blocks quantize weights alone"));
}

}  // namespace
}  // namespace tutti
