// Callbacks against what Keras's decide over the same series (tests/peers/goldens).
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "core/callbacks/csv_logger.h"
#include "core/callbacks/early_stopping.h"
#include "core/callbacks/learning_rates.h"
#include "core/callbacks/model_checkpoint.h"
#include "tests/conformance/graph_runner.h"
#include "tests/core/callbacks/recorded_training.h"

namespace tutti {
namespace {

using test::Json, test::RecordedTraining;

std::vector<double> series_of(const Json& item) {
  std::vector<double> values;
  for (const auto& value : item["series"])
    values.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                     : value.get<double>());
  return values;
}

template <typename T>
std::shared_ptr<T> callback_of(const char* name, const Json& arguments) {
  return std::static_pointer_cast<T>(make<Callback>(test::call_of(name, arguments)));
}

TEST(KerasCallbacks, EarlyStoppingStopsAndRestoresWhereKerasDoes) {
  const Json data = test::golden("callbacks");
  for (const auto& item : data["early_stopping"]) {
    SCOPED_TRACE(item["arguments"].dump() + item["series"].dump());
    RecordedTraining training;
    const auto stopping = callback_of<EarlyStopping>("EarlyStopping", item["arguments"]);
    EXPECT_EQ(training.run(*stopping, "val_loss", series_of(item)), item["epochs"].get<int64_t>());
    EXPECT_EQ(stopping->stopped_epoch(), item["stopped"].get<int64_t>());
    EXPECT_EQ(stopping->best_epoch(), item["best"].get<int64_t>());
    EXPECT_EQ(training.weight, item["weight"].get<double>());
  }
}

TEST(KerasCallbacks, ReduceLROnPlateauSetsTheRatesOfKeras) {
  const Json data = test::golden("callbacks");
  for (const auto& item : data["reduce_lr_on_plateau"]) {
    SCOPED_TRACE(item["arguments"].dump() + item["series"].dump());
    RecordedTraining training;
    const auto reduce = callback_of<ReduceLROnPlateau>("ReduceLROnPlateau", item["arguments"]);
    training.run(*reduce, "val_loss", series_of(item));
    ASSERT_EQ(training.rates.size(), item["rates"].size());
    for (size_t i = 0; i < training.rates.size(); ++i)
      EXPECT_NEAR(training.rates[i], item["rates"][i].get<double>(), 1e-9) << "epoch " << i;
  }
}

TEST(KerasCallbacks, ModelCheckpointSavesTheEpochsOfKeras) {
  const Json data = test::golden("callbacks");
  for (const auto& item : data["model_checkpoint"]) {
    SCOPED_TRACE(item["arguments"].dump() + item["series"].dump());
    Json arguments = item["arguments"];
    arguments["filepath"] = "{epoch}.safetensors";
    arguments["save_weights_only"] = true;
    RecordedTraining training;
    training.run(*callback_of<ModelCheckpoint>("ModelCheckpoint", arguments), "val_loss",
                 series_of(item));
    std::vector<int64_t> saved;
    for (const auto& path : training.saved) saved.push_back(std::stoll(path) - 1);
    EXPECT_EQ(saved, item["saved"].get<std::vector<int64_t>>());
  }
}

TEST(KerasCallbacks, CSVLoggerWritesTheTextOfKeras) {
  const Json data = test::golden("callbacks");
  const auto path = std::filesystem::path(testing::TempDir()) / "keras_callbacks.csv";
  for (const auto& item : data["csv_logger"]) {
    SCOPED_TRACE(item["arguments"].dump());
    std::filesystem::remove(path);
    Json arguments = item["arguments"];
    arguments["filename"] = path.string();
    for (int times = 0; times < 2; ++times) {
      RecordedTraining training;
      const auto logger = callback_of<CSVLogger>("CSVLogger", arguments);
      logger->attach(&training);
      logger->on_train_begin();
      Logs logs;
      logs.set("loss", 0.5), logs.set("acc", 0.25);
      logger->on_epoch_end(0, logs);
      logs.set("loss", 0.125), logs.set("acc", 1e-5), logs.set("val_loss", 2.5);
      logger->on_epoch_end(1, logs);
      logger->on_train_end();
    }
    std::ifstream in(path);
    EXPECT_EQ((std::ostringstream() << in.rdbuf()).str(), item["text"].get<std::string>());
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace tutti
