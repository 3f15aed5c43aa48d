// Text in front of the kernels and behind them.
#include "core/graph/host_stage.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>

#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The length of each text.
class LengthOp final : public HostOp {
 public:
  std::string_view name() const override { return "length"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {{DType::i64, inputs[0].shape, inputs[0].kind}};
  }
  void compute(std::span<const Tensor> inputs, const Tensor& output) const override {
    const auto texts = inputs[0].span<std::string_view>();
    for (size_t i = 0; i < texts.size(); ++i)
      output.data<int64_t>()[i] = static_cast<int64_t>(texts[i].size());
  }
};

// A word for small numbers.
class WordOp final : public HostOp {
 public:
  std::string_view name() const override { return "word"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {{DType::string, inputs[0].shape, inputs[0].kind}};
  }
  void compute(std::span<const Tensor> inputs, const Tensor& output) const override {
    constexpr std::array<std::string_view, 4> kWords = {"none", "one", "two", "many"};
    const auto numbers = inputs[0].to_vector<int64_t>();
    for (size_t i = 0; i < numbers.size(); ++i)
      output.data<std::string_view>()[i] =
          kWords[static_cast<size_t>(std::clamp<int64_t>(numbers[i], 0, 3))];
  }
};

Value length(const Value& text) { return on_host(std::make_shared<LengthOp>(), {text}); }
Value word(const Value& number) { return on_host(std::make_shared<WordOp>(), {number}); }

const Tensor kTexts = Tensor::text({"a", "", "abc", "ab"}, {4, 1});

TEST(HostStage, ReadsTextAtTheInputsAndMakesItAtTheOutputs) {
  const auto outputs = test::run_traced({kTexts}, [](const auto& in) {
    const Value number = length(in[0]);
    return std::vector<Value>{number * number, word(number - 1.0), word(number), in[0]};
  });
  EXPECT_THAT(outputs[0].to_vector<int64_t>(), ElementsAre(1, 0, 9, 4));
  EXPECT_THAT(outputs[1].to_strings(), ElementsAre("none", "none", "two", "one"));
  EXPECT_THAT(outputs[2].to_strings(), ElementsAre("one", "none", "many", "two"));
  EXPECT_EQ(outputs[3].to_strings(), kTexts.to_strings());
}

TEST(HostStage, SeesThroughViewsAndRunsChains) {
  const auto outputs = test::run_traced({kTexts}, [](const auto& in) {
    const Value flat = reshape(in[0], {kRows});
    return std::vector<Value>{length(word(length(flat))), reshape(word(length(flat)), {kRows, 1})};
  });
  EXPECT_THAT(outputs[0].to_vector<int64_t>(), ElementsAre(3, 4, 4, 3));
  EXPECT_EQ(outputs[1].shape(), Shape({4, 1}));
  EXPECT_THAT(outputs[1].to_strings(), ElementsAre("one", "none", "many", "two"));
}

TEST(HostStage, ConstantsAreComputedAtOnce) {
  EXPECT_THAT(evaluate(length(Value(kTexts)) + 1.0).to_vector<int64_t>(), ElementsAre(2, 1, 4, 3));
}

TEST(HostStage, RefusesTextElsewhere) {
  const auto error = [](const std::function<Value(const Value&)>& function) {
    return test::error_of(
        [&] { test::run_one({kTexts}, [&](const auto& in) { return function(in[0]); }); });
  };
  EXPECT_THAT(error([](const Value& text) { return cast(text, DType::f32); }),
              HasSubstr("op 'cast' takes numbers and got text"));
  EXPECT_THAT(error([](const Value& text) { return length(word(length(text) + 1.0)); }),
              HasSubstr("in the middle of a model"));
}

}  // namespace
}  // namespace tutti
