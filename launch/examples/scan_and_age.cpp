// A picture and an age give a class and a percentage: two inputs, two outputs.
//   example_scan_and_age FOLDER
// `tutti make scans` draws such a folder.
#include <tutti/tutti.h>

#include <iostream>

using tutti::Conv2D, tutti::Dense, tutti::Value;

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const std::string folder = argc > 1 ? argv[1] : "scans";
  const auto column = [&](const std::string& name) {
    return tutti::read_npy(folder + "/" + name + ".npy");
  };
  const tutti::Tensor ages = column("age");
  const auto [train, test] =
      tutti::Dataset({{"image", column("image")}, {"age", ages.reshape({ages.rows(), 1})}},
                     {{"risk", column("risk")}, {"percent", column("percent")}})
          .split(0.2, /*seed=*/42);

  const Value image = tutti::Input({24, 24, 1}, "image"), age = tutti::Input({1}, "age");
  Value x = tutti::Rescaling(1 / 255.0)(image);
  for (const int64_t filters : {16, 32})
    x = tutti::MaxPooling2D(2)(
        Conv2D({.filters = filters, .kernel_size = 3, .activation = "relu"})(x));
  const Value seen = Dense(64, "relu")(tutti::Flatten()(x));
  tutti::Normalization years;
  years->adapt(train.input("age"));
  const Value known = tutti::Concatenate()({seen, years(age)});
  const Value risk = Dense({.units = 3, .activation = "softmax"}, "risk")(Dense(32, "relu")(known));
  const Value percent = Dense({.units = 1}, "percent")(seen);

  tutti::Model model({image, age}, {risk, percent});
  model.compile({.optimizer = "adam",
                 .loss =
                     std::map<std::string, tutti::Ref<tutti::Loss>>{
                         {"risk", "sparse_categorical_crossentropy"}, {"percent", "mse"}},
                 .loss_weights = std::map<std::string, double>{{"risk", 1}, {"percent", 0.01}},
                 .metrics = std::map<std::string, tutti::MetricList>{{"risk", {"accuracy"}},
                                                                     {"percent", {"mae"}}}});
  model.fit(train, {.epochs = 15});

  const tutti::Logs tested = model.evaluate(test);
  if (session.speaks())
    std::cout << "risk accuracy " << *tested.find("risk_accuracy") << ", percent off by "
              << *tested.find("percent_mae") << std::endl;
}
