// What a Trainer does about a step that went wrong: FitOptions::on_nan and check_memory.
#include <algorithm>
#include <bit>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/model/trainer.h"

namespace tutti {
namespace {

constexpr int kMostRollbacks = 3;  // of one fit
constexpr const char* kRemedy =
    "look at the rows of that batch, lower the learning rate, clip gradients (global_clipnorm), or "
    "go on without such steps (on_nan skip)";

// Whether one of its elements is NaN or infinite.
bool is_spoiled(const Tensor& tensor) {
  const auto any = [count = tensor.elements()](const auto* values) {
    return std::any_of(values, values + count, [](auto x) { return !(x - x == 0); });
  };
  const Tensor host = tensor.to_host();
  return host.dtype() == DType::f32   ? any(host.data<float>())
         : host.dtype() == DType::f64 ? any(host.data<double>())
                                      : false;
}

}  // namespace

OnNan Trainer::on_nan_of(const FitOptions& options) {
  const std::string& said = options.on_nan;
  const bool watched = std::ranges::any_of(
      options.callbacks, [](const auto& callback) { return callback->watches_for_nan(); });
  if (said.empty()) return watched ? OnNan::ignore : OnNan::watch_loss;
  if (said == "stop") return OnNan::stop;
  if (said == "skip") return OnNan::skip;
  if (said == "rollback") return OnNan::rollback;
  if (said == "ignore") return OnNan::ignore;
  fail("fit", "on_nan is '{}'; use stop, skip, rollback or ignore", said);
}

void Trainer::begin_guards(const FitOptions& options) {
  on_nan_ = on_nan_of(options);
  keeps_nan_ = options.on_nan == "ignore";
  skipped_ = rollbacks_ = 0;
  if (options.check_memory < 0)
    fail("fit", "check_memory is {}; use 1 for all, 16 for a sixteenth in each step, 0 for none",
         options.check_memory);
  if (options.check_memory > 0 && on_nan_ == OnNan::ignore)
    fail("fit", "check_memory stops steps as on_nan does, which ignores them; use on_nan stop");
  if (options.check_memory == (memory_guard_ ? memory_guard_->every() : 0)) {
    if (memory_guard_) memory_guard_->forget();
    return;
  }
  forget_steps();  // they were made with another, or without
  memory_guard_ =
      options.check_memory > 0 ? std::make_shared<MemoryGuard>(options.check_memory) : nullptr;
}

bool Trainer::survived(const StepGuard& guard, const Executable& executable) {
  if (guard.broken(executable)) {
    if (memory_guard_) memory_guard_->require_whole();
    if (!goes_on_after(guard.what(executable))) return false;
  }
  if (memory_guard_) memory_guard_->note();
  return true;
}

void Trainer::use_averages(bool use) {
  averages_in_use_ = use;
  optimizer().use_averages(use, *current_world().reducer);
  if (memory_guard_) memory_guard_->forget();
}

bool Trainer::goes_on_after(const std::string& what) {
  const std::string where = fmt::format("step {} (epoch {}, batch {}): {}", global_step_,
                                        position_.epoch + 1, position_.batch, what);
  if (on_nan_ == OnNan::skip) {
    ++skipped_;
    // Of many, ever fewer are told.
    if (current_world().rank() == 0 && std::has_single_bit(static_cast<uint64_t>(skipped_)))
      log_warn("[fit] {}; nothing of it is kept (on_nan skip: {} so far)", where, skipped_);
    return true;
  }
  if (on_nan_ == OnNan::rollback && rollbacks_ < kMostRollbacks) {
    roll_back(where);
    return false;
  }
  fail(ExitCode::numerics, "fit", "{}{}{}; {}", where,
       on_nan_ == OnNan::rollback ? fmt::format(", after {} returns to a saved state", rollbacks_)
                                  : "",
       on_nan_ == OnNan::watch_loss ? spoiled() : "", kRemedy);
}

void Trainer::roll_back(const std::string& where) {
  left_out_.insert(global_step_ - 1);
  ++rollbacks_;
  const bool found = std::ranges::any_of(callbacks_, [](const auto& callback) {
    return callback->on_every_rank() && callback->roll_back();
  });
  if (!found)
    fail(ExitCode::numerics, "fit",
         "{}; no state was saved to return to: save more often (a job's checkpoint.every, a "
         "program's BackupAndRestore), or use on_nan skip",
         where);
  find_next_boundary();
  if (current_world().rank() == 0)
    log_warn("[fit] {}; back to step {}, to go on without that batch (on_nan rollback: {} of {})",
             where, global_step_, rollbacks_, kMostRollbacks);
}

// ", and 'dense/kernel' is not finite", or nothing.
std::string Trainer::spoiled() const {
  for (const auto& variable : model_.weights())
    if (variable->trainable() && is_spoiled(variable->value()))
      return fmt::format(", and '{}' is not finite", variable->name());
  return "";
}

// The last step's gradients show in no loss any more.
void Trainer::end_guards() const {
  if (on_nan_ == OnNan::watch_loss)
    if (const std::string what = spoiled(); !what.empty())
      fail(ExitCode::numerics, "fit", "training is done{}; {}", what, kRemedy);
  if (skipped_ > 1 && current_world().rank() == 0)
    log_warn("[fit] {} steps were skipped: a loss or gradient was not finite", skipped_);
}

}  // namespace tutti
