// What a Trainer's state is: every variable that its training step reads or sets, where it is in
// the rows, and what callbacks remember.
#include <algorithm>
#include <map>

#include "core/base/activity.h"
#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/model/trainer.h"

namespace tutti {
namespace {

// Keys of TrainingState::values.
constexpr const char* kPosition = "position";
constexpr const char* kSteps = "steps";
constexpr const char* kEpoch = "epoch";
constexpr const char* kBatch = "batch";
constexpr const char* kRounds = "rounds";
constexpr const char* kNextBatch = "next_batch";
constexpr const char* kEpochSteps = "steps_per_epoch";
constexpr const char* kStopping = "stopping";
constexpr const char* kAverages = "averages";
constexpr const char* kSeed = "seed";
constexpr const char* kCallbacks = "callbacks";
constexpr const char* kLeftOut = "left_out";

// The same names for the same things in every world: those that come twice are numbered.
class Names {
 public:
  std::string operator()(const std::string& name) {
    const int times = ++times_[name];
    return times == 1 ? name : fmt::format("{}#{}", name, times);
  }

 private:
  std::map<std::string, int> times_;
};

[[noreturn]] void fail_other(const std::string& what) {
  fail(ExitCode::data, "restore",
       "{}; it is the state of another model or optimizer: bring that back, or begin anew", what);
}

int64_t integer(const Config& values, const char* key) {
  const Config* found = values.find(key);
  if (!found) fail_other(fmt::format("the state has no '{}'", key));
  return found->as_int();
}

// What the ranks before this one have of each variable that all have parts of, and all ranks
// together. Collective.
struct Parts {
  std::vector<int64_t> before, whole;
};
Parts parts_of(const std::vector<VariablePtr>& variables) {
  const World& world = current_world();
  const size_t count = variables.size(), ranks = static_cast<size_t>(world.size());
  std::vector<int64_t> mine, all(count * ranks), offsets(ranks + 1);
  for (const auto& variable : variables) mine.push_back(variable->shape().elements());
  for (size_t r = 0; r <= ranks; ++r) offsets[r] = static_cast<int64_t>(r * count);
  if (ranks == 1)
    all = mine;
  else
    world.reducer->gather(DType::i64, mine.data(), all.data(), offsets);
  Parts parts{std::vector<int64_t>(count), std::vector<int64_t>(count)};
  for (size_t r = 0; r < ranks; ++r)
    for (size_t i = 0; i < count; ++i) {
      if (r < static_cast<size_t>(world.rank())) parts.before[i] += all[r * count + i];
      parts.whole[i] += all[r * count + i];
    }
  return parts;
}

std::string kind_name(const Callback& callback) {
  const KindInfo* kind = kind_of(callback);
  return kind ? kind->name : "Callback";
}

bool is_asked(const Callback& callback) {
  return callback.on_every_rank() || current_world().rank() == 0;
}

}  // namespace

// The weights, then what else the training step touches, in the order in which it does.
void Trainer::note_state(const std::vector<VariablePtr>& traced) {
  const auto add = [&](const VariablePtr& variable) {
    if (std::ranges::find(state_, variable) == state_.end()) state_.push_back(variable);
  };
  for (const auto& variable : model_.weights()) add(variable);
  for (const auto& variable : traced) add(variable);
}

std::vector<StateTensor> Trainer::state_tensors() const {
  const Parts parts = parts_of(state_);
  std::vector<StateTensor> tensors;
  Names names;
  for (size_t i = 0; i < state_.size(); ++i) {
    const Variable& variable = *state_[i];
    const bool share = variable.kind() == ValueKind::share;
    tensors.push_back({names(variable.name()), variable.value(),
                       share ? Held::in_parts : Held::everywhere, share ? parts.before[i] : 0,
                       share ? Shape{parts.whole[i]} : variable.shape(),
                       !keeps_nan_ && (share || variable.trainable())});
  }
  return tensors;
}

TrainingState Trainer::state() {
  TrainingState state{state_tensors(), Config(Config::Map())};
  Config callbacks{Config::Map()};
  Names names;
  for (const auto& callback : callbacks_) {
    const std::string name = names(kind_name(*callback));
    if (!is_asked(*callback)) continue;
    CallbackState kept = callback->state();
    if (current_world().rank() == 0)
      for (auto& [key, tensor] : kept.tensors)
        state.tensors.push_back(
            {fmt::format("callbacks/{}/{}", name, key), tensor, Held::here, 0, tensor.shape()});
    callbacks.set(name, std::move(kept.values));
  }
  state.values.set(kPosition, Config(Config::Map{{kSteps, global_step_},
                                                 {kEpoch, position_.epoch},
                                                 {kBatch, position_.batch},
                                                 {kRounds, rounds_done_},
                                                 {kNextBatch, position_.first_batch},
                                                 {kEpochSteps, plan_.steps_per_epoch}}));
  state.values.set(kStopping, stopping_);
  state.values.set(kAverages, averages_in_use_);
  state.values.set(kSeed, static_cast<int64_t>(random_seed()));
  state.values.set(kCallbacks, std::move(callbacks));
  if (!left_out_.empty())
    state.values.set(kLeftOut, Config(Config::List(left_out_.begin(), left_out_.end())));
  return state;
}

void Trainer::restore(const SavedState& saved) {
  const std::vector<StateTensor> tensors = state_tensors();
  for (const auto& tensor : tensors) {
    const auto found = saved.find(tensor.name);
    if (!found) fail_other(fmt::format("the state has no tensor '{}'", tensor.name));
    if (found->shape != tensor.shape || found->dtype != tensor.value.dtype())
      fail_other(fmt::format("tensor '{}' is {} of {}, the state's is {} of {}", tensor.name,
                             name_of(tensor.value.dtype()), to_string(tensor.shape),
                             name_of(found->dtype), to_string(found->shape)));
  }
  const Config* seed = saved.values().find(kSeed);
  if (seed && static_cast<uint64_t>(seed->as_int()) != random_seed())
    fail_other(fmt::format("the seed is {}, the state's {}", static_cast<int64_t>(random_seed()),
                           seed->as_int()));
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor host = Tensor::empty(tensors[i].value.shape(), tensors[i].value.dtype());
    saved.read(tensors[i].name, tensors[i].begin, host);
    state_[i]->set_value(host);
  }
  if (memory_guard_) memory_guard_->forget();
  current_world().reducer->barrier();  // parameters may lie in memory that ranks share
  restore_position(saved.values());
  restore_callbacks(saved);
}

void Trainer::restore_position(const Config& values) {
  const Config* position = values.find(kPosition);
  if (!position) fail_other("the state has no position");
  if (const int64_t steps = integer(*position, kEpochSteps); steps != plan_.steps_per_epoch)
    fail(ExitCode::data, "restore",
         "an epoch has {} batches, and had {} when the state was saved; train on the same rows in "
         "batches of the same size",
         plan_.steps_per_epoch, steps);
  global_step_ = integer(*position, kSteps);
  note_step(global_step_);
  position_.epoch = integer(*position, kEpoch);
  position_.batch = integer(*position, kBatch);
  position_.first_batch = integer(*position, kNextBatch);
  rounds_done_ = integer(*position, kRounds);
  const auto flag = [&](const char* key) {
    const Config* found = values.find(key);
    return found && found->as_bool();
  };
  stopping_ = flag(kStopping);
  // A state from before a batch was left out does not know of it yet.
  if (const Config* left_out = values.find(kLeftOut))
    for (const Config& step : left_out->as_list()) left_out_.insert(step.as_int());
  if (flag(kAverages)) use_averages(true);
}

void Trainer::restore_callbacks(const SavedState& saved) {
  const Config* kept = saved.values().find(kCallbacks);
  Names names;
  for (const auto& callback : callbacks_) {
    const std::string name = names(kind_name(*callback));
    const Config* values = kept ? kept->find(name) : nullptr;
    if (!values || !is_asked(*callback)) continue;
    CallbackState state{*values, {}};
    const std::string prefix = fmt::format("callbacks/{}/", name);
    for (const auto& tensor : saved.names()) {
      if (!tensor.starts_with(prefix)) continue;
      const auto entry = saved.find(tensor);
      const Tensor host = Tensor::empty(entry->shape, entry->dtype);
      saved.read(tensor, 0, host);
      state.tensors.emplace_back(tensor.substr(prefix.size()), host);
    }
    callback->restore(state);
  }
}

// What is trained is saved, not the averages that may stand in its place between epochs.
void Trainer::reach(Boundary boundary) {
  if (boundary == Boundary::step && (!next_boundary_ || global_step_ < *next_boundary_)) return;
  const bool averages = averages_in_use_;
  if (averages) optimizer().use_averages(false, *current_world().reducer);
  for (const auto& callback : callbacks_)
    if (callback->on_every_rank()) callback->on_boundary(boundary, global_step_);
  if (averages && averages_in_use_) optimizer().use_averages(true, *current_world().reducer);
  find_next_boundary();
}

void Trainer::find_next_boundary() {
  next_boundary_.reset();
  for (const auto& callback : callbacks_)
    if (const auto next = callback->next_boundary())
      next_boundary_ = std::min(*next, next_boundary_.value_or(*next));
}

}  // namespace tutti
