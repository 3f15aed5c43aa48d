// Losses against Keras in every reduction, the hand computations of lessons, and messages.
#include "core/losses/loss.h"

#include "core/activations/plain.h"
#include "core/activations/softmax.h"
#include "core/losses/crossentropy.h"
#include "core/losses/regression.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of, test::golden, test::run_one;

const nlohmann::json kProbabilities = {
    {.2, .3, .5}, {.6, .3, .1}, {.1, .8, .1}, {.3, .3, .4}, {.7, .1, .2}};
const nlohmann::json kOneHot = {
    {1., 0., 0.}, {0., 1., 0.}, {0., 0., 1.}, {1., 0., 0.}, {0., 1., 0.}};
const test::EnterLoss kCrossentropies[] = {
    {"BinaryCrossentropy", {.y_true = kOneHot, .y_pred = kProbabilities}},
    {"CategoricalCrossentropy", {.y_true = kOneHot, .y_pred = kProbabilities}},
    {"SparseCategoricalCrossentropy", {.y_true = {0, 1, 2, 0, 1}, .y_pred = kProbabilities}},
    {"crossentropy", {.y_true = {0, 1, 2, 0, 1}, .y_pred = kProbabilities}},
};

Tensor reduced(const Loss& loss, const Tensor& y_true, const Tensor& y_pred, const Tensor& weight,
               int64_t shards = 1) {
  std::vector<Tensor> inputs = {y_true, y_pred};
  if (weight.defined()) inputs.push_back(weight);
  return run_one(
      inputs, [&](const auto& in) { return loss(in[0], in[1], in.size() > 2 ? in[2] : Value()); },
      {.shards = shards});
}

TEST(Losses, EqualKerasInEveryReduction) {
  for (const auto& item : golden("losses")) {
    const Tensor y_true = test::tensor_of(item["y_true"]), y_pred = test::tensor_of(item["y_pred"]);
    const Tensor weight =
        item["sample_weight"].is_null() ? Tensor() : test::tensor_of(item["sample_weight"]);
    for (const auto& [reduction, expected] : item["reduced"].items()) {
      SCOPED_TRACE(item["name"].get<std::string>() + item["arguments"].dump() + " " + reduction);
      auto arguments = item["arguments"];
      arguments["reduction"] = reduction;
      const auto loss = make<Loss>(test::call_of(item["name"].get<std::string>(), arguments));
      Tensor got = reduced(*loss, y_true, y_pred, weight);
      // "none" keeps (rows, 1) where weights met predictions of one column, as Keras does.
      if (got.elements() == test::tensor_of(expected).elements())
        got = got.reshape(test::tensor_of(expected).shape());
      test::expect_close(got, expected, 3e-6, 3e-7);
      if (reduction != "none") {
        test::expect_close(reduced(*loss, y_true, y_pred, weight, 3), expected, 3e-6, 3e-7);
      }
    }
  }
}

TEST(Losses, LogLossOfTheLesson) {
  const Tensor y = Tensor::empty({5, 1}), p = Tensor::empty({5, 1}), weight = Tensor::empty({5});
  const float labels[] = {0, 1, 0, 1, 0}, guesses[] = {.2f, .9f, .8f, .2f, .9f};
  for (size_t i = 0; i < 5; ++i) {
    y.span<float>()[i] = labels[i];
    p.span<float>()[i] = guesses[i];
    weight.span<float>()[i] = labels[i] == 0 ? 2.0f : 5.0f;
  }
  EXPECT_NEAR(reduced(losses::BinaryCrossentropy(), y, p, {}).item(), 1.169993, 1e-6);
  EXPECT_NEAR(reduced(losses::BinaryCrossentropy(), y, p, weight).item(), 3.368865, 2e-6);
  const losses::BinaryCrossentropy by_weight({.reduction = "mean_with_sample_weight"});
  EXPECT_NEAR(reduced(by_weight, y, p, weight).item(), 1.052770, 1e-6);
}

TEST(Losses, LogitsBehindAnActivationAreUsed) {
  // Probabilities of 0 in f32, whose logarithm only the logits still know.
  const Tensor logits = Tensor{{200, 0, -200}, {-200, 200, 0}};
  const Tensor labels = Tensor::from(std::vector<int64_t>{2, 0}, {2});
  const losses::SparseCategoricalCrossentropy sparse;
  const Tensor loss = run_one(
      {labels, logits}, [&](const auto& in) { return sparse(in[0], SoftmaxActivation()(in[1])); });
  EXPECT_FLOAT_EQ(loss.item(), 400.0);
  const Tensor one_hot = Tensor{{0, 0, 1}, {1, 0, 0}};
  const Tensor dense = run_one({one_hot, logits}, [&](const auto& in) {
    return losses::CategoricalCrossentropy()(in[0], SoftmaxActivation()(in[1]));
  });
  EXPECT_FLOAT_EQ(dense.item(), 400.0);
  const Tensor binary =
      run_one({test::column({1, 0}), test::column({-300, 100})}, [&](const auto& in) {
        return losses::BinaryCrossentropy()(in[0], SigmoidActivation()(in[1]));
      });
  EXPECT_FLOAT_EQ(binary.item(), 200.0);
}

TEST(Losses, ACppFunctionIsALoss) {
  const Ref<Loss> loss = [](const Value& y_true, const Value& y_pred) {
    return reduce_mean(abs(y_true - y_pred), {-1});
  };
  EXPECT_FLOAT_EQ(reduced(*loss, Tensor{{1, 2}, {3, 4}}, Tensor{{2, 2}, {3, 7}}, {}).item(), 1.0);
}

TEST(Losses, WeightsThatSumToZeroGiveZero) {
  const losses::MeanSquaredError loss({.reduction = "mean_with_sample_weight"});
  EXPECT_EQ(reduced(loss, test::column({1, 2}), test::column({3, 5}), Tensor::zeros({2})).item(),
            0.0);
}

TEST(Losses, CrossentropyIsChosenByShapesAsInKeras) {
  const Tensor p{{0.7, 0.2, 0.1}, {0.3, 0.3, 0.4}}, half{{0.25}, {0.5}};
  const Tensor labels = Tensor::from(std::vector<int64_t>{0, 2}, {2});
  for (const char* name : {"crossentropy", "ce"}) {
    const auto chosen = make<Loss>(name);
    const double expected = -(std::log(0.7) + std::log(0.4)) / 2;
    EXPECT_NEAR(reduced(*chosen, labels, p, {}).item(), expected, 1e-6);
    EXPECT_NEAR(reduced(*chosen, labels.reshape({2, 1}), p, {}).item(), expected, 1e-6);
    EXPECT_NEAR(reduced(*chosen, Tensor{{1, 0, 0}, {0, 0, 1}}, p, {}).item(), expected, 1e-6);
    EXPECT_NEAR(reduced(*chosen, Tensor{1, 0}, half, {}).item(),
                -(std::log(0.25) + std::log(0.5)) / 2, 1e-6);
  }
}

TEST(Losses, NamesOfKeras) {
  for (const char* name : {"mse", "MSE", "mean_squared_error", "MeanSquaredError"})
    EXPECT_EQ(to_string(kind_config(*make<Loss>(name))),
              "{MeanSquaredError: {reduction: sum_over_batch_size}}");
  EXPECT_TRUE(make<Loss>("sparse_categorical_crossentropy")->sparse_labels());
  EXPECT_FALSE(make<Loss>("mae")->sparse_labels());
}

TEST(Losses, RefuseWhatDoesNotFit) {
  const auto shapes = [](const Loss& loss, const Shape& a, const Shape& b) {
    return error_of([&] { loss(make_input("y", a), make_input("p", b)); });
  };
  EXPECT_EQ(shapes(losses::CategoricalCrossentropy(), {kRows, 3}, {kRows, 4}),
            "[CategoricalCrossentropy] y_true has shape (None, 3), y_pred (None, 4); give both one "
            "shape");
  EXPECT_NE(shapes(losses::SparseCategoricalCrossentropy(), {kRows, 3}, {kRows, 3}).find("one-hot"),
            std::string::npos);
  EXPECT_EQ(error_of([] { losses::BinaryCrossentropy({.label_smoothing = 2}); }),
            "[BinaryCrossentropy] label_smoothing is 2; use a number from 0 to 1");
  EXPECT_NE(error_of([] {
              make<Loss>(test::call_of("mse", {{"reduction", "summ"}}));
            }).find("did you mean 'sum'"),
            std::string::npos);
  EXPECT_NE(error_of([] {
              losses::MeanSquaredError()(make_input("y", {kRows, 2}), make_input("p", {kRows, 2}),
                                         make_input("w", {kRows, 2, 2}));
            }).find("one weight for each row"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
