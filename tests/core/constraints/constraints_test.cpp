// Constraints against Keras: on given weights, and kept while a model trains, by any number of
// ranks.
#include "core/constraints/constraint.h"

#include "core/constraints/non_neg.h"
#include "core/constraints/norms.h"
#include "core/layers/dense.h"
#include "core/model/sequential.h"
#include "core/ops/reduce.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of, test::golden, test::Json;

TEST(Constraints, EqualKeras) {
  const Json data = golden("weights");
  const Tensor weight = test::tensor_of(data["weight"]);
  for (const auto& item : data["constraints"]) {
    SCOPED_TRACE(item["name"].get<std::string>() + item["arguments"].dump());
    const auto constraint =
        make<Constraint>(test::call_of(item["name"].get<std::string>(), item["arguments"]));
    EXPECT_EQ(kind_config(*make<Constraint>(kind_config(*constraint))), kind_config(*constraint));
    test::expect_close(evaluate((*constraint)(Value(weight))), item["result"], 1e-6, 1e-7);
  }
}

Tensor wave(const Shape& shape, double slope, double offset) {
  std::vector<double> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(slope * static_cast<double>(i) + offset);
  return Tensor::from(values, shape).to(DType::f32);
}

TEST(Constraints, AreKeptWhileAModelTrainsAsInKeras) {
  const Json data = golden("weights");
  ASSERT_GE(data["training"].size(), 4u);
  for (const auto& item : data["training"]) {
    SCOPED_TRACE(item["kernel_constraint"].dump() + item["bias_constraint"].dump());
    DenseOptions options{.units = 4, .activation = "tanh"};
    options.kernel_constraint = Ref<Constraint>(test::config_of(item["kernel_constraint"]));
    options.bias_constraint = Ref<Constraint>(test::config_of(item["bias_constraint"]));
    Sequential model({Dense(options), Dense({.units = 2})});
    model.build_graph({{"", {3}, DType::f32}});
    std::vector<Tensor> weights;
    for (const auto& weight : model.get_weights())
      weights.push_back(wave(weight.shape(), 0.7 + 0.1 * static_cast<double>(weights.size()), 0.3));
    model.set_weights(weights);
    model.compile({.optimizer = test::call_of(item["optimizer"].get<std::string>(),
                                              item["optimizer_arguments"]),
                   .loss = "mse"});
    for (size_t step = 0; step < item["after"].size(); ++step) {
      const auto at = static_cast<double>(step);
      model.train_on_batch(wave({5, 3}, 0.9, 0.1 + at), wave({5, 2}, 0.4, 0.7 * at));
      const auto got = model.get_weights();
      for (size_t i = 0; i < got.size(); ++i) {
        SCOPED_TRACE("step " + std::to_string(step) + " weight " + std::to_string(i));
        // Keras takes Adam's bias corrections in f32, which costs 1e-5 of an update.
        test::expect_close(got[i], item["after"][step][i], 1e-5, 1e-5);
      }
    }
  }
}

TEST(Constraints, StandInTheConfigOfALayer) {
  const Dense dense(
      {.units = 2, .kernel_constraint = MaxNorm({.max_value = 3}), .bias_constraint = "non_neg"});
  const Config config = kind_config(*dense);
  EXPECT_NE(to_string(config).find("kernel_constraint: {MaxNorm: {max_value: 3.0, axis: [0]}}"),
            std::string::npos);
  EXPECT_EQ(kind_config(*make_layer(config)), config);
}

TEST(Constraints, RefuseWrongArguments) {
  EXPECT_EQ(error_of([] { MaxNorm({.max_value = -1}); }),
            "[MaxNorm] max_value is -1; use 0 or more");
  EXPECT_EQ(error_of([] { MinMaxNorm({.min_value = 2, .max_value = 1}); }),
            "[MinMaxNorm] max_value 1 is below min_value 2; exchange them");
  EXPECT_NE(error_of([] { MinMaxNorm({.rate = 2}); }).find("rate is 2"), std::string::npos);
  EXPECT_NE(error_of([] { make<Constraint>("max_nrm"); }).find("did you mean"), std::string::npos);
}

}  // namespace
}  // namespace tutti
