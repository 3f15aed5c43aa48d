// Ten training steps from the same weights and batches as Keras, for every loss and optimizer.
#include <algorithm>

#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "core/model/sequential.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::Json;

// Weights within 1e-5 of Keras's, relative to the largest of their tensor.
void expect_trained_weights(const std::vector<Tensor>& got, const Json& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    double largest = 0;
    for (const double w : test::tensor_of(want[i]).to_vector<double>())
      largest = std::max(largest, std::abs(w));
    SCOPED_TRACE("weight " + std::to_string(i));
    test::expect_close(got[i], want[i], 1e-5, 1e-5 * largest);
  }
}

TEST(KerasTraining, TenStepsOfEveryLossAndOptimizerAgree) {
  const Json data = test::golden("training");
  for (const auto& item : data["cases"]) {
    SCOPED_TRACE(item["loss"].get<std::string>() + item["loss_arguments"].dump() + " " +
                 item["optimizer"].get<std::string>() + item["optimizer_arguments"].dump());
    Sequential model({Dense({.units = 5, .activation = "tanh"}),
                      Dense({.units = 3, .activation = item["activation"].get<std::string>()})});
    std::vector<Tensor> weights;
    for (const auto& weight : data["weights"]) weights.push_back(test::tensor_of(weight));
    model.build_graph({{"", {4}, DType::f32}});
    model.set_weights(weights);
    model.compile({.optimizer = test::call_of(item["optimizer"].get<std::string>(),
                                              item["optimizer_arguments"]),
                   .loss = Ref<Loss>(
                       test::call_of(item["loss"].get<std::string>(), item["loss_arguments"]))});
    const Json& targets = data["targets"][item["labels"].get<std::string>()];
    for (size_t step = 0; step < data["x"].size(); ++step) {
      const Logs logs =
          model.train_on_batch(test::tensor_of(data["x"][step]), test::tensor_of(targets[step]));
      const double expected = item["losses"][step].get<double>();
      EXPECT_NEAR(*logs.find("loss"), expected, 1e-5 * std::abs(expected)) << "step " << step;
    }
    expect_trained_weights(model.get_weights(), item["weights"]);
  }
}

}  // namespace
}  // namespace tutti
