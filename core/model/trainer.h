// Trainer: the loops behind a compiled model's fit, evaluate and predict.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/model/memory_guard.h"
#include "core/model/model.h"
#include "core/model/progress.h"
#include "core/model/step_guard.h"

namespace tutti {

class Trainer final : public TrainingControl {
 public:
  Trainer(Model& model, std::shared_ptr<CompileOptions> options);
  ~Trainer() override;

  History fit(RowSourcePtr rows, const FitOptions& options);
  Plan prepare(RowSourcePtr rows, const FitOptions& options);
  Logs evaluate(const RowSource& rows, int64_t batch_size);
  Logs train_on_batch(const RowSource& rows);
  const CompileOptions& options() const { return *options_; }
  Optimizer& optimizer() const { return *options_->optimizer; }

  // --- TrainingControl --------------------------------------------------------------------------
  void stop_training() override { stopping_ = true; }
  bool stopping() const override { return stopping_; }
  std::vector<Tensor> get_weights() const override { return model_.get_weights(); }
  void set_weights(const std::vector<Tensor>& weights) override;
  void use_averages(bool use) override;
  double learning_rate() const override { return optimizer().learning_rate(); }
  void set_learning_rate(double rate) override { optimizer().set_learning_rate(rate); }
  void save_weights(const std::string& path) const override;
  void save_model(const std::string& path) override { models_to_save_.push_back(path); }
  void print(const std::string& line) const override;
  const Plan& plan() const override { return plan_; }
  Model* model() const override { return &model_; }
  RowSourcePtr training_rows() const override { return training_rows_; }
  TrainingState state() override;
  void restore(const SavedState& saved) override;

 private:
  struct BatchStep;
  enum class Mode { train, test };

  // Rows in batches, all of them or so many at a time.
  struct Batches {
    RowSourcePtr rows;  // null for none
    int64_t size = 0;
    std::optional<int64_t> steps = {};
    int64_t next = 0;  // which batch
    int64_t count() const { return (rows->rows() + size - 1) / size; }
    Range first() const;
    Range take();  // what follows
  };
  // What a fit trains on and is validated on.
  struct FitRows {
    Batches training, validation;
  };
  FitRows rows_of_fit(RowSourcePtr rows, const FitOptions& options);
  Plan make_plan(const FitRows& fit, const FitOptions& options);
  BatchStep& step_for(Mode mode, const RowSource& rows, int64_t batch, int64_t count);
  ExecutableOptions executable_options(const ShardLayout& layout, bool training) const;
  size_t step_memory() const;
  void forget_moved();
  void forget_steps();
  // False if it returned to a saved state instead.
  bool run_epoch(Batches& batches, bool shuffle);
  Logs end_epoch(const FitRows& fit, const FitOptions& options);
  Logs run_test(const RowSource& rows, int64_t batch, Range steps);
  void call_callbacks(const std::function<void(Callback&)>& call);
  void share_decisions();
  void synchronize_weights();
  void save_models();
  void note_state(const std::vector<VariablePtr>& traced);
  std::vector<StateTensor> state_tensors() const;
  void restore_position(const Config& values);
  void restore_callbacks(const SavedState& saved);
  void reach(Boundary boundary);
  void find_next_boundary();
  static OnNan on_nan_of(const FitOptions& options);
  // After a step that went wrong: whether training goes on where it is, and not elsewhere.
  bool goes_on_after(const std::string& what);
  void roll_back(const std::string& where);
  void end_guards() const;
  std::string spoiled() const;
  void begin_guards(const FitOptions& options);
  // After a training step: false if training is elsewhere now.
  bool survived(const StepGuard& guard, const Executable& executable);

  Model& model_;
  std::shared_ptr<CompileOptions> options_;
  std::map<std::string, std::unique_ptr<BatchStep>> steps_;
  std::shared_ptr<Storage> arena_;   // of the largest of steps_
  std::vector<const void*> places_;  // of the weights, when steps_ was made
  Totals train_totals_, test_totals_;
  std::vector<std::shared_ptr<Callback>> callbacks_;
  std::unique_ptr<Progress> progress_;
  Plan plan_;
  RowSourcePtr training_rows_;  // of the fit in progress
  int64_t global_step_ = 0;     // batches trained on since compile: the counter of random numbers
  int64_t rounds_done_ = 0;     // through the rows since compile: each has another order of them
  // Of the fit in progress: batches done of an epoch, which began with this batch of the rows.
  struct Position {
    int64_t epoch = 0, batch = 0, first_batch = 0;
  } position_;
  std::vector<VariablePtr> state_;
  std::optional<int64_t> next_boundary_;  // in steps
  std::vector<std::string> models_to_save_;
  OnNan on_nan_ = OnNan::ignore;
  bool keeps_nan_ = false;  // in states that are saved
  std::shared_ptr<MemoryGuard> memory_guard_;
  std::set<int64_t> left_out_;  // batches, by the number of those before
  int64_t skipped_ = 0;         // of the fit in progress, as is the next
  int rollbacks_ = 0;
  bool stopping_ = false;
  bool averages_in_use_ = false;
  bool weights_changed_ = false;
  bool synchronized_ = false;
};

}  // namespace tutti
