// Callbacks that set the learning rate: LearningRateScheduler and ReduceLROnPlateau. Both add
// "learning_rate" to the logs.
#pragma once

#include <functional>
#include <optional>

#include "core/callbacks/monitor.h"
#include "core/optimizers/learning_rate_schedule.h"

namespace tutti {

// The rate of an epoch: a C++ function of (epoch, rate so far), or in a job file a schedule that is
// asked with the epoch as its step.
struct EpochSchedule {
  EpochSchedule() = default;
  template <typename F>
  requires std::is_invocable_r_v<double, F, int64_t, double> EpochSchedule(F function)
      : function(std::move(function)) {}
  EpochSchedule(Ref<LearningRateSchedule> schedule) : schedule(std::move(schedule)) {}

  double operator()(int64_t epoch, double rate) const;

  std::function<double(int64_t epoch, double rate)> function;
  Ref<LearningRateSchedule> schedule;
};
inline std::string type_name(const EpochSchedule*) { return "schedule or function"; }
void read_config(const Config& config, EpochSchedule& out);
Config write_config(const EpochSchedule& schedule);

struct LearningRateSchedulerOptions {
  EpochSchedule schedule;
  int verbose = 0;
};

class LearningRateScheduler final : public Callback {
 public:
  using Options = LearningRateSchedulerOptions;
  explicit LearningRateScheduler(Options options);
  explicit LearningRateScheduler(EpochSchedule schedule)
      : LearningRateScheduler(Options{std::move(schedule)}) {}
  const Options& options() const { return options_; }

  bool leaves_traces() const override { return false; }
  void on_epoch_begin(int64_t epoch) override;
  void add_logs(Logs& logs) const override;

 private:
  Options options_;
};

struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;
  int64_t patience = 10;
  int verbose = 0;
  std::string mode = "auto";
  double min_delta = 0.0001;
  int64_t cooldown = 0;  // epochs after a reduction that do not count
  double min_lr = 0.0;
};

class ReduceLROnPlateau final : public Callback {
 public:
  using Options = ReduceLROnPlateauOptions;
  explicit ReduceLROnPlateau(Options options = {});
  const Options& options() const { return options_; }

  bool leaves_traces() const override { return false; }
  void check(const TrainingControl::Plan& plan) override { monitor_.check(plan); }
  void on_train_begin() override;
  CallbackState state() const override;
  void restore(const CallbackState& state) override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void add_logs(Logs& logs) const override;

 private:
  bool reduce(int64_t epoch);

  Options options_;
  Monitor monitor_;
  std::optional<double> best_;
  int64_t wait_ = 0, cooldown_left_ = 0;
};

}  // namespace tutti
