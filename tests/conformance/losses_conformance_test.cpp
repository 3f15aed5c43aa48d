// What every registered loss keeps: its gradient, its reductions, its config, and a mean that does
// not depend on how rows are dealt to shards.
#include <gmock/gmock.h>

#include "core/losses/loss.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/finite_differences.h"

namespace tutti {
namespace {

using test::LossExample;

// As a loss takes them, in f64.
Tensor y_true_of(const LossExample& example) {
  const Tensor y_true = test::tensor_of(example.y_true);
  return y_true.dtype() == DType::f32 ? y_true.to(DType::f64) : y_true;
}
Tensor y_pred_of(const LossExample& example) {
  return test::tensor_of(example.y_pred).to(DType::f64);
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
  EXPECT_THAT(test::kinds_without_example<LossExample>("loss"), testing::IsEmpty());
}

TEST(LossConformance, GradientsAreThoseOfTheValues) {
  const Tensor weight = Tensor::from(std::vector<double>{1, 2, 0, .5, 3}, {5});
  for (const auto& [name, example] : test::examples<LossExample>()) {
    for (const auto& reduction : kReductions) {
      if (reduction == "none") continue;
      SCOPED_TRACE(name + " " + reduction);
      const auto loss = reduced_by(name, reduction.c_str());
      const Tensor y_true = y_true_of(example), y_pred = y_pred_of(example);
      const Tensor slopes = test::run_one({y_true, y_pred, weight}, [&](const auto& in) {
        return gradients(loss->operator()(in[0], in[1], in[2]), {in[1]})[0];
      });
      test::expect_differences(y_pred, slopes,
                               [&] { return loss_of(*loss, y_true, y_pred, weight).item(); });
    }
  }
}

TEST(LossConformance, ReductionsAgreeWithEachOther) {
  const Tensor weight = Tensor::from(std::vector<double>{1, 2, 0, .5, 3}, {5});
  for (const auto& [name, example] : test::examples<LossExample>()) {
    SCOPED_TRACE(name);
    const Tensor y_true = y_true_of(example), y_pred = y_pred_of(example);
    const auto of = [&](const char* reduction, int64_t shards = 1) {
      return loss_of(*reduced_by(name, reduction), y_true, y_pred, weight, shards);
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
  for (const auto& [name, example] : test::examples<LossExample>()) {
    const auto loss = reduced_by(name, "sum");
    const auto again = make<Loss>(kind_config(*loss));
    EXPECT_EQ(kind_config(*again), kind_config(*loss));
    EXPECT_EQ(again->reduction(), "sum");
  }
}

}  // namespace
}  // namespace tutti
