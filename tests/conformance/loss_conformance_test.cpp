// What every registered loss keeps: its gradient, its reductions, its config, and a mean that does
// not depend on how rows are dealt to shards.
#include <map>

#include "core/losses/loss.h"
#include "tests/conformance/finite_differences.h"

namespace tutti {
namespace {

struct LossExample {
  Tensor y_true, y_pred;  // y_pred in f64
};

Tensor probabilities() {
  return Tensor::from(
      std::vector<double>{.2, .3, .5, .6, .3, .1, .1, .8, .1, .3, .3, .4, .7, .1, .2}, {5, 3});
}

// A registered loss without an example fails the suite: add one here with the loss.
const std::map<std::string, LossExample>& loss_examples() {
  static const Tensor one_hot =
      Tensor::from(std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0}, {5, 3});
  static const Tensor labels = Tensor::from(std::vector<int64_t>{0, 1, 2, 0, 1}, {5});
  static const std::map<std::string, LossExample> all = {
      {"MeanSquaredError", {one_hot, probabilities()}},
      {"MeanAbsoluteError", {one_hot, probabilities()}},
      {"BinaryCrossentropy", {one_hot, probabilities()}},
      {"CategoricalCrossentropy", {one_hot, probabilities()}},
      {"SparseCategoricalCrossentropy", {labels, probabilities()}},
  };
  return all;
}

Tensor loss_of(const Loss& loss, const Tensor& y_true, const Tensor& y_pred,
               const Tensor& weight = {}, int64_t shards = 1) {
  std::vector<Tensor> inputs = {y_true, y_pred};
  if (weight.defined()) inputs.push_back(weight);
  return test::run_one(
      inputs, [&](const auto& in) { return loss(in[0], in[1], in.size() > 2 ? in[2] : Value()); },
      {.shards = shards});
}

std::shared_ptr<Loss> reduced_by(const std::string& name, const char* reduction) {
  return make<Loss>(test::call_of(name, {{"reduction", reduction}}));
}

TEST(LossConformance, EveryRegisteredLossHasAnExample) {
  for (const KindInfo* kind : kinds_of("loss"))
    EXPECT_TRUE(loss_examples().contains(kind->name)) << kind->name;
}

TEST(LossConformance, GradientsAreThoseOfTheValues) {
  const Tensor weight = Tensor::from(std::vector<double>{1, 2, 0, .5, 3}, {5});
  for (const auto& [name, example] : loss_examples()) {
    for (const auto& reduction : kReductions) {
      if (reduction == "none") continue;
      SCOPED_TRACE(name + " " + reduction);
      const auto loss = reduced_by(name, reduction.c_str());
      const Tensor y_pred = example.y_pred.clone();
      const Tensor slopes = test::run_one({example.y_true, y_pred, weight}, [&](const auto& in) {
        return gradients(loss->operator()(in[0], in[1], in[2]), {in[1]})[0];
      });
      test::expect_differences(
          y_pred, slopes, [&] { return loss_of(*loss, example.y_true, y_pred, weight).item(); });
    }
  }
}

TEST(LossConformance, ReductionsAgreeWithEachOther) {
  const Tensor weight = Tensor::from(std::vector<double>{1, 2, 0, .5, 3}, {5});
  for (const auto& [name, example] : loss_examples()) {
    SCOPED_TRACE(name);
    const auto of = [&](const char* reduction, int64_t shards = 1) {
      return loss_of(*reduced_by(name, reduction), example.y_true, example.y_pred, weight, shards);
    };
    double sum = 0;
    for (const double row : of("none").to_vector<double>()) sum += row;
    EXPECT_NEAR(of("sum").item(), sum, 1e-12);
    EXPECT_NEAR(of("mean").item(), sum / 5, 1e-12);
    EXPECT_EQ(of("mean").item(), of("sum_over_batch_size").item());
    EXPECT_NEAR(of("mean_with_sample_weight").item(), sum / 6.5, 1e-12);
    for (const int64_t shards : {2, 3, 5}) EXPECT_NEAR(of("mean", shards).item(), sum / 5, 1e-12);
  }
}

TEST(LossConformance, ComesBackFromItsConfig) {
  for (const auto& [name, example] : loss_examples()) {
    const auto loss = reduced_by(name, "sum");
    const auto again = make<Loss>(kind_config(*loss));
    EXPECT_EQ(kind_config(*again), kind_config(*loss));
    EXPECT_EQ(again->reduction(), "sum");
  }
}

}  // namespace
}  // namespace tutti
