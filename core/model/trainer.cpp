#include "core/model/trainer.h"

#include <algorithm>
#include <cstring>

#include "core/base/activity.h"
#include "core/base/error.h"
#include "core/base/fault_point.h"
#include "core/base/log.h"
#include "core/base/seed.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/trace.h"
#include "core/model/batch.h"
#include "core/model/class_weights.h"
#include "core/model/model_file.h"
#include "core/model/weights_file.h"

namespace tutti {

// An Executable for one kind of batch, and the rows that feed it.
struct Trainer::BatchStep {
  std::unique_ptr<Executable> executable;
  ShardLayout layout;
  BatchReader reader;
  std::optional<StepGuard> guard;
};

Trainer::Trainer(Model& model, std::shared_ptr<CompileOptions> options)
    : model_(model), options_(std::move(options)) {}
Trainer::~Trainer() = default;

namespace {

void refuse_quantized(const Model& model) {
  for (const auto& [folder, layer] : model.saved_layers())
    if (layer->quantization())
      fail(layer->name(), "is quantized to {}, to predict with alone; train first, then quantize()",
           layer->quantization()->mode());
}

}  // namespace

Trainer::BatchStep& Trainer::step_for(Mode mode, const RowSource& rows, int64_t batch,
                                      int64_t count) {
  forget_moved();
  const bool guarded = mode == Mode::train && on_nan_ != OnNan::ignore;
  const std::string key =
      fmt::format("{} {} {} {}", mode == Mode::train ? static_cast<int>(on_nan_) : -1, batch, count,
                  describe_columns(rows));
  if (const auto found = steps_.find(key); found != steps_.end()) return *found->second;

  const Activity making(ActivityKind::other, "make a step");
  const World& world = current_world();
  const ShardLayout layout = world.layout(batch, count);
  Trace trace;
  Graph graph;
  StepData data = make_step_data(model_, rows, graph.inputs);
  data.layout = layout;
  StepReport report;
  auto step = std::make_unique<BatchStep>();
  if (mode == Mode::train) {
    refuse_quantized(model_);
    move_to_device(model_.weights(), *world.device);
    model_.train_step(data, report);
    train_totals_.add(report);
    note_state(trace.variables());
    if (guarded)
      step->guard.emplace(trace, report, graph, on_nan_,
                          memory_guard_ ? memory_guard_->check(trace, state_) : Value());
  } else {
    model_.test_step(data, report);
    test_totals_.add(report);
  }
  graph.effects = trace.effects();
  // The totals first: what they read is then read before parameters are overwritten.
  std::rotate(graph.effects.begin(), graph.effects.end() - 1, graph.effects.end());

  step->executable =
      std::make_unique<Executable>(graph, executable_options(layout, mode == Mode::train));
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

ExecutableOptions Trainer::executable_options(const ShardLayout& layout, bool training) const {
  const World& world = current_world();
  return {.device = world.device,
          .pool = world.pool.get(),
          .reducer = world.reducer,
          .layout = layout,
          .training = training,
          .arena = arena_,
          .memory = step_memory()};
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
  forget_steps();
  places_ = std::move(places);
}

void Trainer::forget_steps() { steps_.clear(); }

Range Trainer::Batches::first() const { return {0, std::min(steps.value_or(count()), count())}; }

Range Trainer::Batches::take() {
  const Range taken{next, std::min(next + first().size(), count())};
  next = taken.end == count() ? 0 : taken.end;
  return taken;
}

// From where position_ is in the epoch to its end.
bool Trainer::run_epoch(Batches& batches, bool shuffle) {
  const RowSource& rows = *batches.rows;
  const int64_t total = rows.rows(), batch = batches.size;
  const uint64_t seed = random_seed();
  const RowOrder order(seed, rounds_done_, total, shuffle);
  const Range steps = batches.take();
  const bool speaks = current_world().rank() == 0;
  bool batch_logs = false;
  for (const auto& callback : callbacks_) batch_logs = batch_logs || callback->needs_batch_logs();
  if (position_.batch == 0) train_totals_.reset();
  if (progress_) progress_->begin_epoch(position_.epoch);
  BatchStep* compiled = nullptr;
  while (position_.batch < steps.size() && !stopping_) {
    const int64_t step = position_.batch, begin = (steps.begin + step) * batch,
                  count = std::min(batch, total - begin);
    if (left_out_.contains(global_step_)) {
      ++global_step_, ++position_.batch;
      reach(Boundary::step);
      continue;
    }
    if (!compiled || compiled->layout.batch != count)
      compiled = &step_for(Mode::train, rows, batch, count);
    if (batch_logs)
      call_callbacks([&](Callback& callback) { callback.on_train_batch_begin(step); });
    compiled->reader.read(rows, begin, order);
    fault_point("train/rows_read");
    compiled->executable->run({seed, global_step_++});
    note_step(global_step_);
    fault_point("train/step_run");
    ++position_.batch;
    if (compiled->guard && !survived(*compiled->guard, *compiled->executable)) return false;
    if (batch_logs) {
      const Logs logs = to_logs(train_totals_.results());
      call_callbacks([&](Callback& callback) { callback.on_train_batch_end(step, logs); });
      share_decisions();
    }
    if (speaks && progress_ && progress_->due(step + 1))
      progress_->show(step + 1, to_logs(train_totals_.results()));
    reach(Boundary::step);
  }
  if (batches.next == 0) ++rounds_done_;
  return true;
}

Logs Trainer::run_test(const RowSource& rows, int64_t batch, Range steps) {
  const int64_t total = rows.rows();
  test_totals_.reset();
  const RowOrder in_order(0, 0, total, false);
  BatchStep* compiled = nullptr;
  for (int64_t step = steps.begin; step < steps.end; ++step) {
    const int64_t begin = step * batch, count = std::min(batch, total - begin);
    if (!compiled || compiled->layout.batch != count)
      compiled = &step_for(Mode::test, rows, batch, count);
    compiled->reader.read(rows, begin, in_order);
    compiled->executable->run({random_seed(), global_step_});
  }
  return to_logs(test_totals_.results());
}

namespace {

void check_count(const char* name, const std::optional<int64_t>& count) {
  if (count && *count < 1) fail("fit", "{} is {}; use 1 or more, or leave it out", name, *count);
}

}  // namespace

Trainer::FitRows Trainer::rows_of_fit(RowSourcePtr rows, const FitOptions& options) {
  check_count("steps_per_epoch", options.steps_per_epoch);
  check_count("validation_steps", options.validation_steps);
  check_count("validation_batch_size", options.validation_batch_size);
  check_count("validation_freq", options.validation_freq);
  FitRows fit{{std::move(rows), 0, options.steps_per_epoch},
              {options.validation_data, 0, options.validation_steps}};
  auto& [training, validation] = fit;
  if (options.validation_split > 0)
    std::tie(training.rows, validation.rows) = split_last(training.rows, options.validation_split);
  training.rows = with_class_weights(std::move(training.rows), options.class_weight);
  training.size = checked_batch_size(options.batch_size, training.rows->rows());
  check_columns(model_, *training.rows);
  if (validation.rows)
    validation.size =
        std::min(options.validation_batch_size.value_or(training.size), validation.rows->rows());
  return fit;
}

// Traces the steps: then it is known what they report.
Trainer::Plan Trainer::make_plan(const FitRows& fit, const FitOptions& options) {
  const auto& [training, validation] = fit;
  begin_guards(options);
  synchronize_weights();
  step_for(Mode::train, *training.rows, training.size, training.size);
  Plan plan{options.epochs, training.first().size(), options.run_directory,
            train_totals_.quantities(), optimizer().keeps_averages()};
  if (validation.rows) {
    step_for(Mode::test, *validation.rows, validation.size, validation.size);
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
  FitRows fit_rows = rows_of_fit(std::move(all_rows), options);
  auto& [training, validation] = fit_rows;
  training_rows_ = training.rows;
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
  position_ = {.epoch = options.initial_epoch};
  reach(Boundary::begin);
  training.next = position_.first_batch;
  while (position_.epoch < options.epochs && !stopping_) {
    const int64_t epoch = position_.epoch;
    if (position_.batch == 0) {
      call_callbacks([&](Callback& callback) { callback.on_epoch_begin(epoch); });
      share_decisions();
    }
    if (!run_epoch(training, options.shuffle)) {
      training.next = position_.first_batch;
      continue;
    }
    fault_point("train/epoch_run");
    const Logs logs = end_epoch(fit_rows, options);
    call_callbacks([&](Callback& callback) { callback.on_epoch_end(epoch, logs); });
    share_decisions();
    fault_point("train/epoch_logged");
    position_ = {epoch + 1, 0, training.next};
    reach(Boundary::epoch);
  }
  if (training.next != 0) ++rounds_done_;
  end_guards();
  optimizer().finalize_variable_values(*current_world().reducer);
  call_callbacks([](Callback& callback) { callback.on_train_end(); });
  share_decisions();
  for (const auto& callback : callbacks_) callback->attach(nullptr);
  callbacks_.clear();
  training_rows_.reset();
  progress_.reset();
  return *history;
}

// What the epoch gave, on its validation rows too.
Logs Trainer::end_epoch(const FitRows& fit, const FitOptions& options) {
  Logs logs = to_logs(train_totals_.results());
  const Batches& validation = fit.validation;
  if (validation.rows && (position_.epoch + 1) % options.validation_freq == 0) {
    call_callbacks([](Callback& callback) { callback.on_test_begin(); });
    const Logs tested = run_test(*validation.rows, validation.size, validation.first());
    call_callbacks([&](Callback& callback) { callback.on_test_end(tested); });
    for (const auto& [name, value] : tested.entries()) logs.set("val_" + name, value);
  }
  for (const auto& callback : callbacks_) callback->add_logs(logs);
  if (progress_) progress_->end_epoch(logs);
  return logs;
}

Logs Trainer::evaluate(const RowSource& rows, int64_t batch_size) {
  if (batch_size < 1) fail("evaluate", "batch_size is {}; use at least 1", batch_size);
  check_columns(model_, rows);
  synchronize_weights();
  const int64_t batch = std::min(batch_size, rows.rows());
  return run_test(rows, batch, {0, (rows.rows() + batch - 1) / batch});
}

Logs Trainer::train_on_batch(const RowSource& rows) {
  check_columns(model_, rows);
  synchronize_weights();
  on_nan_ = OnNan::ignore;
  memory_guard_.reset();
  train_totals_.reset();
  BatchStep& compiled = step_for(Mode::train, rows, rows.rows(), rows.rows());
  compiled.reader.read(rows, 0, RowOrder(0, 0, rows.rows(), false));
  compiled.executable->run({random_seed(), global_step_++});
  return to_logs(train_totals_.results());
}

// Callbacks live on every rank, but most are asked on rank 0 only.
void Trainer::call_callbacks(const std::function<void(Callback&)>& call) {
  const Activity calling(ActivityKind::other, "callbacks");
  for (const auto& callback : callbacks_)
    if (callback->on_every_rank() || current_world().rank() == 0) call(*callback);
}

void Trainer::share_decisions() {
  const World& world = current_world();
  if (world.size() == 1) {
    weights_changed_ = false;
    return save_models();
  }
  struct Decisions {
    double learning_rate;
    int64_t stop, weights, models;
  } decisions{learning_rate(), stopping_, weights_changed_,
              static_cast<int64_t>(models_to_save_.size())};
  broadcast_bytes(world, &decisions, sizeof decisions);
  stopping_ = decisions.stop != 0;
  if (decisions.learning_rate != learning_rate()) set_learning_rate(decisions.learning_rate);
  weights_changed_ = false;
  if (decisions.weights) {
    synchronized_ = false;
    synchronize_weights();
  }
  models_to_save_.resize(static_cast<size_t>(decisions.models));
  save_models();
}

// Rank 0 knows the paths and writes; the others have their shares of the optimizer's state.
void Trainer::save_models() {
  if (models_to_save_.empty()) return;
  const Activity saving(ActivityKind::checkpoint, "save the model");
  const World& world = current_world();
  for (const auto& path : std::exchange(models_to_save_, {}))
    tutti::save_model(model_, broadcast_text(world, path));
}

void Trainer::set_weights(const std::vector<Tensor>& weights) {
  model_.set_weights(weights);
  weights_changed_ = true;
  if (memory_guard_) memory_guard_->forget();
}

// Ranks begin with rank 0's weights, whatever each of them drew.
void Trainer::synchronize_weights() {
  if (synchronized_) return;
  synchronized_ = true;
  if (memory_guard_) memory_guard_->forget();
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
