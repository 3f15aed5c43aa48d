// One model with two outputs: the species by softmax, the petal width as a number. 284 parameters.
#include <tutti/tutti.h>

#include <iostream>

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  auto [train, test] = tutti::datasets::iris().split(0.2, /*seed=*/42);
  tutti::StandardScaler scaler;
  train = scaler.fit_transform(train);
  test = scaler.transform(test);

  const tutti::Value inputs = tutti::Input({4});
  tutti::Value x = tutti::Dense(8, "relu")(inputs);
  x = tutti::Dense(10, "relu")(x);
  x = tutti::Dense(10, "relu")(x);
  const tutti::Value species = tutti::Dense({.units = 3, .activation = "softmax"}, "outputs_1")(x);
  const tutti::Value width = tutti::Dense({.units = 1}, "outputs_2")(x);
  tutti::Model model({inputs}, {species, width});
  model.compile({.optimizer = "adam",
                 .loss =
                     std::map<std::string, tutti::Ref<tutti::Loss>>{
                         {"outputs_1", "sparse_categorical_crossentropy"}, {"outputs_2", "mse"}},
                 .metrics = std::map<std::string, tutti::MetricList>{{"outputs_1", {"accuracy"}},
                                                                     {"outputs_2", {"mae"}}}});

  // The last column of the features, standardised, is what the second output learns.
  const auto two_targets = [](const tutti::Dataset& data) {
    std::vector<float> widths;
    for (int64_t row = 0; row < data.rows(); ++row)
      widths.push_back(static_cast<float>(data.features().at({row, 3})));
    return tutti::Dataset(data.inputs(),
                          {{"outputs_1", data.labels()},
                           {"outputs_2", tutti::Tensor::from(widths, {data.rows(), 1})}});
  };
  model.fit(two_targets(train), {.epochs = 100, .batch_size = 5});
  model.summary();

  const tutti::Logs tested = model.evaluate(two_targets(test));
  if (session.speaks())
    for (const auto& [name, value] : tested.entries()) std::cout << name << " " << value << "\n";
}
