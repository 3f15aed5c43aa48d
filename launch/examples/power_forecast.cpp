// The power load of the next hour from the last day, hour by hour.
//   example_power_forecast power.csv
// `tutti make power` makes such a file.
#include <tutti/tutti.h>

#include <iostream>

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const auto [past, future] = split_dataset(
      tutti::to_dataset(
          tutti::read_csv(argc > 1 ? argv[1] : "power/power.csv"),
          {.inputs = {{"features", {"temperature", "load"}}}, .outputs = {{"load", "load"}}}),
      0.8);
  tutti::StandardScaler scaler, loads;  // of what is past
  const tutti::Tensor seen = scaler.fit_transform(past.features());
  const tutti::Tensor aims = loads.fit_transform(past.labels());

  // Rows of 24 hours; the aim of a row is the hour after it. They are read out of the series.
  constexpr int64_t kDay = 24;
  const auto windows = [](const tutti::Tensor& series, const tutti::Tensor& load) {
    return tutti::timeseries_dataset_from_array(series, load.slice_rows(kDay, load.rows()),
                                                {.sequence_length = kDay});
  };
  tutti::Sequential model({tutti::LSTM(32), tutti::Dense(1)});
  model.compile({.optimizer = tutti::Adam(0.005), .loss = "mse", .metrics = {"mae"}});
  model.fit(windows(seen, aims), {.epochs = 10, .batch_size = 64});

  const tutti::Logs tested = model.evaluate(
      windows(scaler.transform(future.features()), loads.transform(future.labels())));
  if (session.speaks())
    std::cout << "loads of 100 are forecast to " << *tested.find("mae") * loads.scale()[0]
              << std::endl;
}
