// Which fault a machine has and how long it will run: two outputs from one row of sensors.
//   example_machine_health machines.csv
// `tutti make machines` makes such a file.
#include <tutti/tutti.h>

#include <iostream>

using tutti::Dense, tutti::Value;

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  auto [train, test] =
      tutti::to_dataset(tutti::read_csv(argc > 1 ? argv[1] : "machines/machines.csv"),
                        {.outputs = {{"fault", "fault"}, {"remaining", "remaining_hours"}}})
          .split(0.2, /*seed=*/42);
  tutti::StandardScaler scaler;  // of the sensors
  train = scaler.fit_transform(train);
  test = scaler.transform(test);

  const Value sensors = tutti::Input({5});
  const Value state = Dense(32, "relu")(Dense(32, "relu")(sensors));
  const Value fault = Dense({.units = 4, .activation = "softmax"}, "fault")(state);
  const Value thousands = Dense(1, "softplus")(state);  // of hours
  const Value remaining = tutti::Rescaling({.scale = 1000}, "remaining")(thousands);
  tutti::Model model({sensors}, {fault, remaining});
  model.compile({.optimizer = tutti::Adam(0.003),
                 .loss =
                     std::map<std::string, tutti::Ref<tutti::Loss>>{
                         {"fault", "sparse_categorical_crossentropy"}, {"remaining", "mse"}},
                 .loss_weights = std::map<std::string, double>{{"fault", 1}, {"remaining", 1e-6}},
                 .metrics = std::map<std::string, tutti::MetricList>{{"fault", {"accuracy"}},
                                                                     {"remaining", {"mae"}}}});
  model.fit(train, {.epochs = 30});

  const tutti::Logs tested = model.evaluate(test);
  if (session.speaks())
    std::cout << "fault accuracy " << *tested.find("fault_accuracy") << ", hours off by "
              << *tested.find("remaining_mae") << std::endl;
}
