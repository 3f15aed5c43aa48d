// The lesson on searching for a model: how many layers, how wide, which activation, which learning
// rate, for the 8 x 8 digits. By a grid, at random, by a Gaussian process, or with Hyperband:
//
//   example_tuner_lesson random 6
//
// A second run with the same directory goes on where the first one stopped.
#include <tutti/tutti.h>

#include <fmt/format.h>

#include <iostream>
#include <map>

std::shared_ptr<tutti::Model> build_model(tutti::HyperParameters& hp) {
  auto model = std::make_shared<tutti::Sequential>();
  const std::string activation = hp.Choice("activation", {"relu", "tanh"});
  const int64_t layers = hp.Int("num_layers", 1, 3);
  for (int64_t i = 0; i < layers; ++i) {
    const int64_t units = hp.Int(fmt::format("units_{}", i), 32, 512, {.step = 32});
    model->add(tutti::Dense(units, activation));
  }
  model->add(tutti::Dense(10, "softmax"));
  const double rate = hp.Choice("learning_rate", {1e-2, 1e-3, 1e-4});
  model->compile({.optimizer = tutti::Adam({.learning_rate = rate}),
                  .loss = "sparse_categorical_crossentropy",
                  .metrics = {"accuracy"}});
  return model;
}

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const std::string how = argc > 1 ? argv[1] : "random";
  tutti::ModelSearchOptions options{.objective = "val_accuracy",
                                    .max_trials = argc > 2 ? std::stoll(argv[2]) : 6,
                                    .directory = argc > 3 ? argv[3] : "tuner_lesson",
                                    .project_name = how};
  if (how == "grid") options.tuner = "Grid";
  if (how == "bayesian") options.tuner = "GP";
  if (how == "hyperband")
    options.pruner =
        tutti::Hyperband({.min_resource = 1, .max_resource = 9, .reduction_factor = 3});

  auto [train, test] = tutti::datasets::digits().split(0.2, /*seed=*/42);
  tutti::ModelSearch tuner(build_model, options);
  tuner.search_space_summary();
  tuner.search(train, {.epochs = 9, .batch_size = 32, .verbose = 0, .validation_split = 0.2});
  tuner.results_summary(3);

  const auto best = tuner.get_best_models()[0];
  const tutti::Logs tested = best->evaluate(test);
  if (session.speaks())
    std::cout << "test accuracy of the best model: " << *tested.find("accuracy") << std::endl;
}
