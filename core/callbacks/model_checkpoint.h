// ModelCheckpoint: saves the weights or the model as training goes on.
#pragma once

#include <optional>

#include "core/callbacks/monitor.h"

namespace tutti {

// "epoch", or a number of batches.
struct SaveFrequency {
  SaveFrequency() = default;
  SaveFrequency(const char* word) : SaveFrequency(std::string(word)) {}
  SaveFrequency(const std::string& word);  // throws unless it is "epoch"
  SaveFrequency(int64_t batches);          // throws unless it is positive
  int64_t batches = 0;                     // 0: at each epoch's end
};
inline std::string type_name(const SaveFrequency*) { return "epoch or int"; }
void read_config(const Config& config, SaveFrequency& out);
Config write_config(const SaveFrequency& frequency);

struct ModelCheckpointOptions {
  // With names from the logs as in Keras: "{epoch:02d}-{val_loss:.2f}.keras".
  std::string filepath = {};
  std::string monitor = "val_loss";
  int verbose = 0;
  bool save_best_only = false;
  bool save_weights_only = false;
  std::string mode = "auto";
  SaveFrequency save_freq = {};
  std::optional<double> initial_value_threshold = {};
};

class ModelCheckpoint final : public Callback {
 public:
  using Options = ModelCheckpointOptions;
  explicit ModelCheckpoint(Options options);
  const Options& options() const { return options_; }

  void check(const TrainingControl::Plan& plan) override;
  bool needs_batch_logs() const override { return options_.save_freq.batches > 0; }
  void on_epoch_begin(int64_t epoch) override { epoch_ = epoch; }
  void on_train_batch_end(int64_t batch, const Logs& logs) override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  CallbackState state() const override;
  void restore(const CallbackState& state) override;

 private:
  void save(std::optional<int64_t> batch, const Logs& logs);
  bool wanted(const Logs& logs, const std::string& path);

  Options options_;
  Monitor monitor_;
  std::optional<double> best_;
  int64_t epoch_ = 0, batches_since_saving_ = 0;
};

// `pattern` with {name} and {name:format} filled from the logs, epoch and batch counting from 1.
// Throws naming the first name that is not there.
std::string format_filepath(const std::string& pattern, int64_t epoch, std::optional<int64_t> batch,
                            const Logs& logs);

}  // namespace tutti
