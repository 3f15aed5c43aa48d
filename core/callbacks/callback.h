// Callbacks: what happens around epochs and batches of fit. Most run on rank 0; what they decide
// (stopping, a learning rate, restored weights) is broadcast at the step boundary.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/registry.h"
#include "core/callbacks/training_state.h"
#include "core/tensor/tensor.h"

namespace tutti {

class Model;      // core/model/model.h
class RowSource;  // core/model/row_source.h

// Names to values of an epoch or batch, in Keras's order: "accuracy", "loss", "val_accuracy", ...
class Logs {
 public:
  void set(const std::string& name, double value);
  const double* find(const std::string& name) const;  // null if absent
  std::string names() const;                          // "accuracy,loss"
  const std::vector<std::pair<std::string, double>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, double>> entries_;
};

// What a callback may do to the training it watches; the model implements it.
class TrainingControl {
 public:
  virtual ~TrainingControl() = default;
  virtual void stop_training() = 0;
  virtual bool stopping() const = 0;
  virtual std::vector<Tensor> get_weights() const = 0;
  virtual void set_weights(const std::vector<Tensor>& weights) = 0;
  // On all ranks: whether the parameters hold the averages that the optimizer keeps of them, once
  // there are some, or what is trained.
  virtual void use_averages(bool use) { (void)use; }
  virtual double learning_rate() const = 0;
  virtual void set_learning_rate(double rate) = 0;
  virtual void save_weights(const std::string& path) const = 0;  // in the format of its ending
  // The whole model, with the optimizer's state: by all ranks together, hence when rank 0's
  // callbacks have been asked and before training goes on.
  virtual void save_model(const std::string& path) = 0;
  virtual void print(
      const std::string& line) const = 0;  // a line for people, past the progress bar
  // What an epoch's logs hold, and whether more of it is better; no value if nobody knows.
  struct Quantity {
    std::string name;
    std::optional<bool> rises;
  };
  struct Plan {
    int64_t epochs = 0, steps_per_epoch = 0;
    std::string run_directory;         // "" outside a run; relative paths of callbacks begin here
    std::vector<Quantity> quantities;  // empty: not known
    bool averages = false;             // whether the optimizer keeps averages of the parameters
  };
  virtual const Plan& plan() const = 0;
  // What is trained, and the rows that it is trained on, for callbacks that look into them; null
  // where a training has none.
  virtual Model* model() const { return nullptr; }
  virtual std::shared_ptr<const RowSource> training_rows() const { return nullptr; }
  // In on_boundary(), on all ranks: the state of this training; a saved one in its place. Throws
  // Error (data), naming what differs, for the state of another model or optimizer.
  virtual TrainingState state() { return {}; }
  virtual void restore(const SavedState& state) { (void)state; }
};

// Between two steps: before the first, after a step, after an epoch with its validation.
enum class Boundary { begin, step, epoch };

class Callback : public Configurable {
 public:
  static constexpr const char* category = "callback";
  // Before anything else, on all ranks: throws for what cannot be done in such a training.
  virtual void check(const TrainingControl::Plan& plan) { (void)plan; }
  // In Keras's order: train begin; for each epoch its begin, its batches, its end (after
  // validation); train end, even when training was stopped.
  virtual void on_train_begin() {}
  virtual void on_train_end() {}
  virtual void on_epoch_begin(int64_t epoch) { (void)epoch; }
  virtual void on_epoch_end(int64_t epoch, const Logs& logs) { (void)epoch, (void)logs; }
  virtual void on_test_begin() {}  // around the validation of an epoch
  virtual void on_test_end(const Logs& logs) { (void)logs; }
  virtual void on_train_batch_begin(int64_t batch) { (void)batch; }
  virtual void on_train_batch_end(int64_t batch, const Logs& logs) { (void)batch, (void)logs; }
  // What a callback adds to an epoch's logs before others see its end ("learning_rate"); asked on
  // all ranks, and before the first epoch too, for the names.
  virtual void add_logs(Logs& logs) const { (void)logs; }
  // True for what does the same on all ranks, and is called there; others are called on rank 0.
  virtual bool on_every_rank() const { return false; }
  // True if on_train_batch_end wants the logs of every batch: the loss is then read at every step.
  virtual bool needs_batch_logs() const { return false; }

  // Where all callbacks were asked and all ranks agree: the place to save and restore a training.
  // Called on all ranks of what is `on_every_rank`, and after a step only if so many have been done
  // as next_boundary() says, which is asked after each call and says the same on all ranks.
  virtual void on_boundary(Boundary boundary, int64_t steps) { (void)boundary, (void)steps; }
  virtual std::optional<int64_t> next_boundary() const { return std::nullopt; }
  // On all ranks, of what is `on_every_rank`: gives the training back the newest state that this
  // callback saved, if there is one, and says whether.
  virtual bool roll_back() { return false; }
  // True for what looks after losses that are not finite; fit then leaves them to it.
  virtual bool watches_for_nan() const { return false; }
  // False for what leaves nothing behind but a training that it changed: no file, no line.
  virtual bool leaves_traces() const { return true; }
  // What it remembers from one event to the next; given back after on_train_begin().
  virtual CallbackState state() const { return {}; }
  virtual void restore(const CallbackState& state) { (void)state; }

  void attach(TrainingControl* training) { training_ = training; }

 protected:
  TrainingControl& training() const { return *training_; }

 private:
  TrainingControl* training_ = nullptr;
};

// Which way a monitored quantity improves. "auto" is what is known of it (`rises`), else what its
// name says: min for losses and errors, max for accuracies, AUC, precision, recall and F1. Throws,
// naming the callback, if neither tells.
enum class MonitorMode { min, max };
MonitorMode monitor_mode(const std::string& callback, const std::string& mode,
                         const std::string& monitor, std::optional<bool> rises = std::nullopt);

}  // namespace tutti
