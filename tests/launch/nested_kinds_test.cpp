// Kinds inside kinds go to YAML and come back: what a run writes down can be made again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/layers/layer.h"
#include "core/optimizers/optimizer.h"
#include "launch/yaml_reader.h"
#include "launch/yaml_writer.h"

namespace tutti {
namespace {

struct TwiceOptions {
  Ref<Layer> inner;
};

// A layer that wraps a layer: its inner one, applied two times.
class TwiceLayer final : public Layer {
 public:
  using Options = TwiceOptions;
  explicit TwiceLayer(Options options) : options_(std::move(options)) {}
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override {
    return options_.inner->apply(options_.inner->apply(inputs));
  }

 private:
  Options options_;
};

TUTTI_REGISTER(Layer, TwiceLayer, "Twice", "inner(inner(x))")
    .required("inner", &TwiceOptions::inner, "the layer that is applied");

// Makes the kind that the text names, writes it as YAML, makes it again; what it is in the end.
template <typename Base>
std::string again(const std::string& text) {
  const Config first = kind_config(*make<Base>(read_yaml(text, "job.yaml")));
  const Config written = read_yaml(write_yaml(first), "written.yaml");
  EXPECT_EQ(written, first) << write_yaml(first);
  const Config second = kind_config(*make<Base>(written));
  EXPECT_EQ(second, first);
  return to_string(second);
}

TEST(NestedKinds, ALayerInsideALayer) {
  const std::string config = again<Layer>("Twice: {inner: {Dense: {units: 4, use_bias: false}}}");
  EXPECT_THAT(config, testing::HasSubstr("{Twice: {inner: {Dense: {name: dense"));
  EXPECT_THAT(config, testing::HasSubstr("units: 4"));
  EXPECT_THAT(config, testing::HasSubstr("use_bias: false"));
}

TEST(NestedKinds, ALayerAsActivation) {
  EXPECT_THAT(
      again<Layer>("Dense: {units: 4, activation: {LeakyReLU: {negative_slope: 0.5}}}"),
      testing::HasSubstr("activation: {LeakyReLU: {name: leaky_re_lu, negative_slope: 0.5}}"));
}

TEST(NestedKinds, AScheduleInsideAnOptimizer) {
  EXPECT_THAT(
      again<Optimizer>("Adam:\n  learning_rate:\n    CosineDecay: {initial_learning_rate: 0.1, "
                       "decay_steps: 100}\n"),
      testing::HasSubstr("learning_rate: {CosineDecay: {initial_learning_rate: 0.1, "
                         "decay_steps: 100"));
}

}  // namespace
}  // namespace tutti
