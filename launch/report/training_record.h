// What goes on inside a model while it is trained, epoch by epoch: norms of gradients and weights,
// and what the layers give. A callback records it from the same few training rows each time,
// beside training, so that training has the same bits with and without it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/callbacks/callback.h"
#include "core/callbacks/log_file.h"

namespace tutti {

class Probe;

struct LayerRecord {
  std::string layer, kind, activation;  // activation: "" for none
  bool last = false;                    // one of the model's outputs
  // Of its trained weights, if it has some: how many numbers, their norm and their gradient's, and
  // how far an epoch moved them, as a share of their norm before.
  int64_t parameters = 0;
  double weight_norm = 0, gradient_norm = 0, change = 0;
  // Of what it gives over the probe's rows. A unit is a number of the last axis; it is dead if it
  // is 0 in all rows, and a value saturated within a hundredth of where a sigmoid or tanh ends.
  double mean = 0, deviation = 0, saturated = 0;
  int64_t units = 0, dead = 0;
};

struct EpochRecord {
  int64_t epoch = 0;  // those done: 0 before training
  double learning_rate = 0;
  double loss = 0;              // of the probe's rows
  std::vector<double> weights;  // those that are followed
  std::vector<LayerRecord> layers;
};

struct TrainingRecord {
  int64_t rows = 0;  // of the probe
  struct Weight {
    std::string variable;
    int64_t element = 0;
  };
  std::vector<Weight> followed;  // weights of kernels: those of the largest gradients at first
  std::vector<EpochRecord> epochs;
};

struct TrainingRecorderOptions {
  std::string filename = "training_record.jsonl";
  int64_t rows = 256;
};

// Writes a line of JSON before training and one after each epoch.
class TrainingRecorder final : public Callback {
 public:
  using Options = TrainingRecorderOptions;
  explicit TrainingRecorder(Options options = {});
  const Options& options() const { return options_; }

  void on_train_begin() override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_train_end() override;
  CallbackState state() const override;
  void restore(const CallbackState& state) override;
  const TrainingRecord& record() const { return record_; }

 private:
  void record(int64_t epoch);
  void follow_steepest();
  void add_weights(std::vector<LayerRecord>& layers);
  std::vector<LayerRecord> measured_layers() const;

  Options options_;
  std::shared_ptr<Probe> probe_;
  LogFile file_;
  std::string unwritten_;       // the line before training, until the first epoch is over
  std::vector<Tensor> before_;  // the trained weights at the last record, where they are few
  TrainingRecord record_;
};

// Reads what a recorder wrote. Throws Error (data) naming the line that is damaged.
TrainingRecord read_training_record(const std::string& path);
TrainingRecord parse_training_record(const std::string& text, const std::string& path);

}  // namespace tutti
