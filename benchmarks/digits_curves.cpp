// Learning curves of many configurations of the digits net, for studies on a virtual clock:
//   bench_digits_curves TABLE.csv [--configurations 1000] [--seconds 600]
// A line each: how many of 797 held-out rows are wrong after each of 81 epochs. A table that is
// there is gone on with. `gzip -9n` makes tests/scheduler/goldens/digits_curves.csv.gz of it.
#include <fmt/format.h>
#include <tutti/tutti.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "benchmarks/program.h"
#include "core/base/random.h"

namespace {

constexpr int64_t kEpochs = 81;

struct Configuration {
  int64_t layers, units, batch_size;
  double rate, dropout;
  bool adam;
};

Configuration configuration_of(uint64_t number) {
  tutti::Random random(20, number);
  const auto between = [&](double low, double high) {
    return std::exp(std::log(low) + random.uniform() * std::log(high / low));
  };
  Configuration one{};
  one.layers = 1 + static_cast<int64_t>(random.below(2));
  one.units = static_cast<int64_t>(between(2, 65));
  one.batch_size = int64_t{32} << random.below(4);
  one.rate = between(1e-4, 1);
  one.dropout = 0.6 * random.uniform();
  one.adam = random.below(2) == 1;
  return one;
}

// "3,57,32,0.0100,0.3000,Adam,120,88,...": layers, units, batch size, learning rate, dropout,
// optimizer, then rows that are wrong.
std::string line_of(uint64_t number, const tutti::Dataset& train, const tutti::Dataset& held_out) {
  const Configuration one = configuration_of(number);
  tutti::set_random_seed(number);
  tutti::Sequential model({tutti::Rescaling(1 / 16.0)});
  for (int64_t layer = 0; layer < one.layers; ++layer) {
    model.add(tutti::Dense(one.units, "relu"));
    model.add(tutti::Dropout(one.dropout));
  }
  model.add(tutti::Dense(10, "softmax"));
  const char* optimizer = one.adam ? "Adam" : "SGD";
  const tutti::Config rate(tutti::Config::Map{{"learning_rate", one.rate}});
  model.compile({.optimizer = tutti::Config(tutti::Config::Map{{optimizer, rate}}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  const auto history = model.fit(train, {.epochs = kEpochs,
                                         .batch_size = one.batch_size,
                                         .verbose = 0,
                                         .validation_data = held_out,
                                         .validation_batch_size = held_out.rows(),
                                         .on_nan = "ignore"});
  std::string line = fmt::format("{},{},{},{:.4e},{:.4f},{}", one.layers, one.units, one.batch_size,
                                 one.rate, one.dropout, optimizer);
  for (const double accuracy : history["val_accuracy"])
    line += fmt::format(",{}", std::lround((1 - accuracy) * static_cast<double>(held_out.rows())));
  return line + "\n";
}

int make_table(int argc, char** argv) {
  if (argc < 2) tutti::fail(tutti::ExitCode::usage, "digits_curves", "give the table's path");
  auto given = tutti::benchmarks::options_of(
      argc, argv, {{"--configurations", "1000"}, {"--seconds", "600"}}, 2);
  const auto [train, held_out] = tutti::datasets::digits().split(0.4435, /*seed=*/42);
  uint64_t there = 0;
  std::ifstream before(argv[1]);
  for (std::string line; std::getline(before, line);) ++there;
  const auto begin = std::chrono::steady_clock::now();
  const std::chrono::duration<double> limit(std::atof(given["--seconds"].c_str()));
  std::ofstream table(argv[1], std::ios::app);
  const auto wanted = static_cast<uint64_t>(std::atoll(given["--configurations"].c_str()));
  for (; there < wanted && std::chrono::steady_clock::now() - begin < limit; ++there)
    table << line_of(there, train, held_out) << std::flush;
  fmt::print("{{\"configurations\": {}, \"held_out_rows\": {}}}\n", there, held_out.rows());
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return tutti::benchmarks::run_program(make_table, argc, argv); }
