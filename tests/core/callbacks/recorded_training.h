// A TrainingControl that writes down what callbacks ask for.
#pragma once

#include <string>
#include <vector>

#include "core/callbacks/callback.h"

namespace tutti::test {

class RecordedTraining final : public TrainingControl {
 public:
  void stop_training() override { stopped = true; }
  bool stopping() const override { return stopped; }
  std::vector<Tensor> get_weights() const override { return {Tensor::full({1}, weight)}; }
  void set_weights(const std::vector<Tensor>& weights) override { weight = weights.at(0).item(); }
  double learning_rate() const override { return rate; }
  void set_learning_rate(double value) override { rate = value; }
  void save_weights(const std::string& path) const override { saved.push_back(path); }
  void save_model(const std::string& path) override { saved.push_back(path); }
  void print(const std::string& line) const override { printed.push_back(line); }
  const Plan& plan() const override { return plan_; }

  // Epochs with these values of one quantity; the weight is the epoch's number. The epochs run.
  int64_t run(Callback& callback, const std::string& name, const std::vector<double>& values) {
    stopped = false;
    rates.clear();
    callback.attach(this);
    callback.on_train_begin();
    int64_t epoch = 0;
    for (; epoch < static_cast<int64_t>(values.size()) && !stopped; ++epoch) {
      callback.on_epoch_begin(epoch);
      weight = static_cast<double>(epoch);
      Logs logs;
      logs.set(name, values[static_cast<size_t>(epoch)]);
      callback.add_logs(logs);
      callback.on_epoch_end(epoch, logs);
      rates.push_back(rate);
    }
    callback.on_train_end();
    return epoch;
  }

  bool stopped = false;
  double weight = 0, rate = 0.1;
  std::vector<double> rates;  // after each epoch
  mutable std::vector<std::string> saved, printed;
  Plan plan_;
};

}  // namespace tutti::test
