// Pruners on 1,000 learning curves of the digits net (benchmarks/digits_curves.cpp made the table):
// what they spare of random search's epochs until a complete trial is within half a point of the
// best of all.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "io/formats/gzip.h"
#include "tests/io/error_check.h"
#include "tests/scheduler/pruners/virtual_slots.h"

namespace tutti::test {
namespace {

constexpr int64_t kEpochs = 81;
constexpr double kHeldOutRows = 797;

class DigitsTable {
 public:
  DigitsTable() {
    std::istringstream text(
        read_unpacked(TUTTI_SOURCE_DIR "/tests/scheduler/goldens/digits_curves.csv.gz"));
    for (std::string line; std::getline(text, line);) {
      std::istringstream cells(line);
      std::vector<double> accuracies;
      int64_t column = 0;
      for (std::string cell; std::getline(cells, cell, ','); ++column)
        if (column >= 6) accuracies.push_back(100 * (1 - std::stod(cell) / kHeldOutRows));
      rows_.push_back(std::move(accuracies));
    }
    for (const auto& row : rows_) best_ = std::max(best_, row.back());
  }
  size_t configurations() const { return rows_.size(); }
  double best() const { return best_; }
  Curves curves() const {
    const auto value = [this](const Point& point, int64_t epoch) {
      return rows_[static_cast<size_t>(point.at("configuration"))][static_cast<size_t>(epoch - 1)];
    };
    return {.steps = kEpochs, .value = value};
  }
  SearchSpace space() const {
    SearchSpace space;
    space.add({"configuration", IntDistribution{0, static_cast<int64_t>(configurations()) - 1}});
    return space;
  }

 private:
  std::vector<std::vector<double>> rows_;
  double best_ = 0;
};

// Epochs until a complete trial is within half a point of the best, on 4 slots.
int64_t epochs_until_good(const DigitsTable& table, const Config& pruner, uint64_t seed) {
  const DataFolder folder;
  StudyOptions options{.name = "digits", .directions = {Direction::maximize}};
  options.seed = seed;
  Study study(folder / "journal.log", options, table.space(), make<Tuner>("Random"),
              make<Pruner>(pruner));
  VirtualSlots slots(study, table.curves(), 4);
  slots.run([&] {
    const auto& best = study.record().trials[static_cast<size_t>(study.best().value())];
    return best.values[0] >= table.best() - 0.5;
  });
  return slots.steps();
}

int64_t median_epochs(const DigitsTable& table, const Config& pruner) {
  std::vector<int64_t> epochs;
  for (uint64_t seed = 0; seed < 30; ++seed)
    epochs.push_back(epochs_until_good(table, pruner, seed));
  std::sort(epochs.begin(), epochs.end());
  return (epochs[14] + epochs[15]) / 2;
}

TEST(DigitsTableStudy, SparesMostOfRandomSearchsEpochs) {
  const DigitsTable table;
  ASSERT_EQ(table.configurations(), 1000u);
  const Config promotion(Config::Map{{"min_resource", 1},
                                     {"reduction_factor", 3},
                                     {"promotion", true},
                                     {"max_resource", kEpochs}});
  const Config stopping(Config::Map{{"min_resource", 1}, {"reduction_factor", 3}});
  const auto hyperband = [](bool promotes) {
    return Config(Config::Map{
        {"Hyperband", Config::Map{{"max_resource", kEpochs}, {"promotion", promotes}}}});
  };
  const auto random = static_cast<double>(median_epochs(table, "Nop"));
  for (const auto& [name, pruner] : std::vector<std::pair<const char*, Config>>{
           {"ASHA by stopping", Config(Config::Map{{"ASHA", stopping}})},
           {"ASHA by promotion", Config(Config::Map{{"ASHA", promotion}})},
           {"Hyperband by stopping", hyperband(false)},
           {"Hyperband by promotion", hyperband(true)}}) {
    const auto epochs = static_cast<double>(median_epochs(table, pruner));
    EXPECT_LE(epochs, random / 3) << name;
    RecordProperty(name, std::to_string(epochs / random));
  }
}

}  // namespace
}  // namespace tutti::test
