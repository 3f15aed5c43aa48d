#include "core/model/trainer.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/seed.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/trace.h"
#include "core/model/batch.h"
#include "core/model/class_weights.h"
#include "core/model/weights_file.h"

namespace tutti {

// An Executable for one kind of batch, and the rows that feed it.
struct Trainer::BatchStep {
  std::unique_ptr<Executable> executable;
  ShardLayout layout;
  BatchReader reader;
};

Trainer::Trainer(Model& model, std::shared_ptr<CompileOptions> options)
    : model_(model), options_(std::move(options)) {}
Trainer::~Trainer() = default;

Trainer::BatchStep& Trainer::step_for(Mode mode, const RowSource& rows, int64_t batch,
                                      int64_t count) {
  forget_moved();
  const std::string key = fmt::format("{} {} {} {}", mode == Mode::train ? "train" : "test", batch,
                                      count, describe_columns(rows));
  if (const auto found = steps_.find(key); found != steps_.end()) return *found->second;

  const World& world = current_world();
  const ShardLayout layout = world.layout(batch, count);
  Trace trace;
  Graph graph;
  StepData data = make_step_data(model_, rows, graph.inputs);
  data.layout = layout;
  StepReport report;
  if (mode == Mode::train) {
    move_to_device(model_.weights(), *world.device);
    model_.train_step(data, report);
    train_totals_.add(report);
  } else {
    const auto y_pred = model_.apply(data.x);
    model_.compute_loss(data, y_pred, report);
    model_.report_metrics(data, y_pred, report);
    test_totals_.add(report);
  }
  graph.effects = trace.effects();
  // The totals first: what they read is then read before parameters are overwritten.
  std::rotate(graph.effects.begin(), graph.effects.end() - 1, graph.effects.end());

  auto step = std::make_unique<BatchStep>();
  ExecutableOptions executable;
  executable.device = world.device;
  executable.pool = world.pool.get();
  executable.reducer = world.reducer;
  executable.layout = layout;
  executable.training = mode == Mode::train;
  executable.arena = arena_;
  executable.memory = step_memory();
  step->executable = std::make_unique<Executable>(graph, executable);
  if (const int passes = step->executable->passes(); passes > 1)
    log_info("[{}] a batch of {} rows runs its shards in {} passes: memory",
             mode == Mode::train ? "fit" : "evaluate", count, passes);
  step->layout = layout;
  step->reader = BatchReader(*step->executable, rows, layout.owned_rows(), world.pool.get());
  forget_moved();
  // Steps run one at a time: those that are made after a larger one run in its memory.
  arena_ = step->executable->arena();
  return *(steps_[key] = std::move(step));
}

// What the device has left for this rank, but for a part that other batches and callbacks want.
size_t Trainer::step_memory() const {
  const World& world = current_world();
  if (world.step_memory > 0) return world.step_memory;
  const size_t others = memory_limit() - world.memory_share();
  size_t left = world.device->free_bytes();
  left -= std::min(left, others);
  return std::max(left - left / 8, arena_ ? arena_->size() : 0);
}

// A step knows where its variables live. An optimizer that lays them out anew outdates earlier
// steps.
void Trainer::forget_moved() {
  std::vector<const void*> places;
  for (const auto& variable : model_.weights()) places.push_back(variable->value().raw());
  if (places == places_) return;
  steps_.clear();
  places_ = std::move(places);
}

void Trainer::run_epoch(const RowSource& rows, int64_t batch, bool shuffle, int64_t epoch) {
  const int64_t total = rows.rows();
  const uint64_t seed = random_seed();
  const RowOrder order(seed, epochs_done_, total, shuffle);
  const bool speaks = current_world().rank() == 0;
  bool batch_logs = false;
  for (const auto& callback : callbacks_) batch_logs = batch_logs || callback->needs_batch_logs();
  train_totals_.reset();
  if (progress_) progress_->begin_epoch(epoch);
  const int64_t steps = (total + batch - 1) / batch;
  BatchStep* compiled = nullptr;
  for (int64_t step = 0; step < steps && !stopping_; ++step) {
    const int64_t begin = step * batch, count = std::min(batch, total - begin);
    if (!compiled || compiled->layout.batch != count)
      compiled = &step_for(Mode::train, rows, batch, count);
    if (batch_logs)
      call_callbacks([&](Callback& callback) { callback.on_train_batch_begin(step); });
    compiled->reader.read(rows, begin, order);
    compiled->executable->run({seed, global_step_++});
    if (batch_logs) {
      const Logs logs = to_logs(train_totals_.results());
      call_callbacks([&](Callback& callback) { callback.on_train_batch_end(step, logs); });
      share_decisions();
    }
    if (speaks && progress_ && progress_->due(step + 1))
      progress_->show(step + 1, to_logs(train_totals_.results()));
  }
  ++epochs_done_;
}

Logs Trainer::run_test(const RowSource& rows, int64_t batch) {
  const int64_t total = rows.rows();
  batch = std::min(batch, total);
  test_totals_.reset();
  const RowOrder in_order(0, 0, total, false);
  BatchStep* compiled = nullptr;
  for (int64_t begin = 0; begin < total; begin += batch) {
    const int64_t count = std::min(batch, total - begin);
    if (!compiled || compiled->layout.batch != count)
      compiled = &step_for(Mode::test, rows, batch, count);
    compiled->reader.read(rows, begin, in_order);
    compiled->executable->run({random_seed(), global_step_});
  }
  return to_logs(test_totals_.results());
}

Trainer::FitRows Trainer::rows_of_fit(RowSourcePtr rows, const FitOptions& options) {
  FitRows fit{std::move(rows), options.validation_data};
  if (options.validation_split > 0)
    std::tie(fit.training, fit.validation) = split_last(fit.training, options.validation_split);
  fit.training = with_class_weights(std::move(fit.training), options.class_weight);
  fit.batch = checked_batch_size(options.batch_size, fit.training->rows());
  check_columns(model_, *fit.training);
  return fit;
}

// Traces the steps: then it is known what they report.
Trainer::Plan Trainer::make_plan(const FitRows& fit, const FitOptions& options) {
  synchronize_weights();
  step_for(Mode::train, *fit.training, fit.batch, fit.batch);
  Plan plan{options.epochs, (fit.training->rows() + fit.batch - 1) / fit.batch,
            options.run_directory, train_totals_.quantities(), optimizer().keeps_averages()};
  if (fit.validation) {
    const int64_t batch = std::min(fit.batch, fit.validation->rows());
    step_for(Mode::test, *fit.validation, batch, batch);
    for (auto& [name, rises] : test_totals_.quantities())
      plan.quantities.push_back({"val_" + name, rises});
  }
  Logs added;
  for (const auto& callback : options.callbacks) {
    callback->attach(this);
    callback->add_logs(added);
    callback->attach(nullptr);
  }
  for (const auto& [name, value] : added.entries()) plan.quantities.push_back({name, std::nullopt});
  return plan;
}

Trainer::Plan Trainer::prepare(RowSourcePtr rows, const FitOptions& options) {
  return make_plan(rows_of_fit(std::move(rows), options), options);
}

History Trainer::fit(RowSourcePtr all_rows, const FitOptions& options) {
  const FitRows fit_rows = rows_of_fit(std::move(all_rows), options);
  const auto& [rows, validation, batch] = fit_rows;
  training_rows_ = rows;
  plan_ = make_plan(fit_rows, options);
  for (const auto& callback : options.callbacks) callback->check(plan_);
  auto history = std::make_shared<History>();
  callbacks_ = {history};
  callbacks_.insert(callbacks_.end(), options.callbacks.begin(), options.callbacks.end());
  for (const auto& callback : callbacks_) callback->attach(this);
  stopping_ = false;
  const bool speaks = current_world().rank() == 0;
  progress_ =
      speaks ? std::make_unique<Progress>(options.verbose, options.epochs, plan_.steps_per_epoch)
             : nullptr;

  call_callbacks([](Callback& callback) { callback.on_train_begin(); });
  share_decisions();
  for (int64_t epoch = options.initial_epoch; epoch < options.epochs && !stopping_; ++epoch) {
    call_callbacks([&](Callback& callback) { callback.on_epoch_begin(epoch); });
    share_decisions();
    run_epoch(*rows, batch, options.shuffle, epoch);
    Logs logs = to_logs(train_totals_.results());
    if (validation && (epoch + 1) % options.validation_freq == 0) {
      call_callbacks([](Callback& callback) { callback.on_test_begin(); });
      const Logs tested = run_test(*validation, batch);
      call_callbacks([&](Callback& callback) { callback.on_test_end(tested); });
      for (const auto& [name, value] : tested.entries()) logs.set("val_" + name, value);
    }
    call_callbacks([&](Callback& callback) { callback.add_logs(logs); });
    if (progress_) progress_->end_epoch(logs);
    call_callbacks([&](Callback& callback) { callback.on_epoch_end(epoch, logs); });
    share_decisions();
  }
  optimizer().finalize_variable_values(*current_world().reducer);
  call_callbacks([](Callback& callback) { callback.on_train_end(); });
  share_decisions();
  for (const auto& callback : callbacks_) callback->attach(nullptr);
  callbacks_.clear();
  training_rows_.reset();
  progress_.reset();
  return *history;
}

Logs Trainer::evaluate(const RowSource& rows, int64_t batch_size) {
  if (batch_size < 1) fail("evaluate", "batch_size is {}; use at least 1", batch_size);
  check_columns(model_, rows);
  synchronize_weights();
  return run_test(rows, batch_size);
}

Logs Trainer::train_on_batch(const RowSource& rows) {
  check_columns(model_, rows);
  synchronize_weights();
  train_totals_.reset();
  BatchStep& compiled = step_for(Mode::train, rows, rows.rows(), rows.rows());
  compiled.reader.read(rows, 0, RowOrder(0, 0, rows.rows(), false));
  compiled.executable->run({random_seed(), global_step_++});
  return to_logs(train_totals_.results());
}

// Callbacks live on every rank, but most are asked on rank 0 only.
void Trainer::call_callbacks(const std::function<void(Callback&)>& call) {
  for (const auto& callback : callbacks_)
    if (callback->on_every_rank() || current_world().rank() == 0) call(*callback);
}

void Trainer::share_decisions() {
  const World& world = current_world();
  if (world.size() == 1) {
    weights_changed_ = false;
    return;
  }
  struct Decisions {
    double learning_rate;
    int64_t stop, weights;
  } decisions{learning_rate(), stopping_, weights_changed_};
  broadcast_bytes(world, &decisions, sizeof decisions);
  stopping_ = decisions.stop != 0;
  if (decisions.learning_rate != learning_rate()) set_learning_rate(decisions.learning_rate);
  weights_changed_ = false;
  if (decisions.weights) {
    synchronized_ = false;
    synchronize_weights();
  }
}

void Trainer::set_weights(const std::vector<Tensor>& weights) {
  model_.set_weights(weights);
  weights_changed_ = true;
}

// Ranks begin with rank 0's weights, whatever each of them drew.
void Trainer::synchronize_weights() {
  if (synchronized_) return;
  synchronized_ = true;
  const World& world = current_world();
  if (world.size() == 1) return;
  for (const auto& variable : model_.weights()) {
    Tensor host = variable->value().to_host();
    broadcast_bytes(world, host.raw(), host.bytes());
    variable->set_value(host);
  }
}

void Trainer::save_weights(const std::string& path) const { save_weights_file(model_, path); }

void Trainer::print(const std::string& line) const {
  if (progress_) progress_->print(line);
}

}  // namespace tutti
