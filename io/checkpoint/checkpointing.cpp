#include "io/checkpoint/checkpointing.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <vector>

#include "core/base/activity.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/fault_point.h"
#include "core/base/filesystem.h"
#include "core/base/log.h"
#include "core/callbacks/csv_logger.h"
#include "core/model/said_by_all.h"
#include "core/model/world.h"
#include "io/checkpoint/checkpoint.h"

namespace tutti {
namespace {

constexpr std::chrono::milliseconds kLongestPause(50);
constexpr double kLookSeconds = 0.5;  // between two looks at the clock, and whether to stop

// Returns when no rank is busy any more. They meet now and then, so that a wait on a slow disk is
// none on a lost peer.
void wait_together(const std::function<bool()>& busy) {
  for (auto pause = std::chrono::milliseconds(1);; pause = std::min(2 * pause, kLongestPause)) {
    const auto all = said_by_all(current_world(), int64_t{busy()});
    if (std::ranges::find(all, 1) == all.end()) return;
    Clock::current().sleep_for(pause);
  }
}

}  // namespace

// What each rank says where all look: rank 0's wishes count.
struct Checkpointing::Look {
  int64_t stop, failed, busy, save, next;
};

Checkpointing::Checkpointing(CheckpointingOptions options) : where_(std::move(options)) {}

void Checkpointing::on_epoch_end(int64_t epoch, const Logs& logs) {
  epochs_done_ = epoch + 1;
  score_.reset();
  if (where_.score.empty()) return;
  if (const double* value = logs.find(where_.score); value && std::isfinite(*value))
    score_ = *value;
}

void Checkpointing::on_boundary(Boundary boundary, int64_t steps) {
  if (boundary == Boundary::begin) return begin(steps);
  if (boundary == Boundary::epoch) ++epochs_since_;
  look(boundary, steps);
}

void Checkpointing::begin(int64_t steps) {
  where_.folder = callback_path(training(), where_.folder.string());
  writer_ = std::make_unique<CheckpointWriter>(where_.folder, where_.policy);
  saved_at_ = looked_at_ = steps;
  epochs_since_ = 0;
  stride_ = 1;
  resumed_at_.reset();
  if (where_.resume) restore_newest(where_.folder);
  if (!where_.begin_from.empty() && !resumed_at_) {
    restore_newest(where_.begin_from);
    if (!resumed_at_)
      fail(ExitCode::data, where_.begin_from.string(),
           "holds no whole checkpoint to begin from; give another run");
    if (where_.begin_rate) training().set_learning_rate(*where_.begin_rate);
  }
  writer_->prepare(training().state());
  saved_time_ = looked_time_ = Clock::current().now();
  next_look_.reset();
  if (const int64_t next = next_look(saved_at_); next > 0) next_look_ = next;
}

void Checkpointing::restore_newest(const std::filesystem::path& from) {
  const Activity reading(ActivityKind::checkpoint, "read the newest checkpoint");
  const World& world = current_world();
  std::unique_ptr<Checkpoint> checkpoint;
  std::string folder;
  if (world.rank() == 0) {
    auto search = std::async(std::launch::async, newest_checkpoint, from);
    wait_together(
        [&] { return search.wait_for(std::chrono::seconds(0)) != std::future_status::ready; });
    checkpoint = search.get();
    if (checkpoint) folder = checkpoint->folder().string();
  } else {
    wait_together([] { return false; });
  }
  folder = broadcast_text(world, folder);
  if (folder.empty()) return;
  if (!checkpoint) checkpoint = std::make_unique<Checkpoint>(folder);
  fault_point("resume/found");
  if (where_.check) where_.check(*checkpoint);
  training().restore(*checkpoint);
  fault_point("resume/restored");
  resumed_at_ = saved_at_ = looked_at_ = checkpoint->step();
  if (world.rank() == 0)
    training().print(fmt::format("going on from step {} ({})", checkpoint->step(), folder));
}

bool Checkpointing::last_epoch(Boundary boundary) const {
  return boundary == Boundary::epoch &&
         (training().stopping() || epochs_done_ == training().plan().epochs);
}

// An epoch's last step is saved with the epoch: whether the disk was ready at once decides nothing
// of what is saved, which is the state after the epoch, with the score that is this state's.
bool Checkpointing::ends_epoch(int64_t steps) const {
  const int64_t epoch = training().plan().steps_per_epoch;
  return epoch > 0 && steps % epoch == 0;
}

bool Checkpointing::due(Boundary boundary, int64_t steps) const {
  if (steps == saved_at_ || (boundary == Boundary::step && ends_epoch(steps))) return false;
  if (last_epoch(boundary)) return true;
  if (boundary == Boundary::epoch && where_.every_epochs > 0 &&
      epochs_since_ >= where_.every_epochs)
    return true;
  if (where_.every_steps > 0 && steps - saved_at_ >= where_.every_steps) return true;
  return where_.every_seconds > 0 &&
         seconds_of(Clock::current().now() - saved_time_) >= where_.every_seconds;
}

// Where clock and signals are to be looked at, so many steps on that it is time; 0 for nowhere but
// at the ends of epochs.
int64_t Checkpointing::next_look(int64_t steps) {
  int64_t next = 0;
  if (where_.every_seconds > 0 || where_.stop_asked) {
    const double passed = seconds_of(Clock::current().now() - looked_time_);
    const double rate = static_cast<double>(steps - looked_at_) / std::max(passed, 1e-6);
    stride_ = std::clamp(static_cast<int64_t>(rate * kLookSeconds), int64_t{1}, 2 * stride_);
    looked_at_ = steps;
    looked_time_ = Clock::current().now();
    next = steps + stride_;
  }
  if (where_.every_steps > 0) {
    const int64_t saving = std::max(saved_at_ + where_.every_steps, steps + 1);
    next = next == 0 ? saving : std::min(next, saving);
  }
  return next;
}

void Checkpointing::look(Boundary boundary, int64_t steps) {
  tell_failure();
  Look mine{};
  mine.stop = where_.stop_asked && where_.stop_asked();
  mine.failed = !writer_->failure().empty();
  mine.busy = writer_->busy();
  mine.save = due(boundary, steps);
  mine.next = next_look(steps);
  const std::vector<Look> all = said_by_all(current_world(), mine);
  const auto any = [&](int64_t Look::*said) {
    return std::any_of(all.begin(), all.end(), [&](const Look& look) { return look.*said != 0; });
  };
  const Look& first = all[0];
  next_look_ = first.next > 0 ? std::optional(first.next) : std::nullopt;
  if (any(&Look::failed)) writer_->give_up();
  if (any(&Look::stop)) return stop(steps);
  if (first.save == 0 || (first.busy != 0 && !last_epoch(boundary))) return;  // busy: a step later
  save(steps);
}

void Checkpointing::save(int64_t steps) {
  const Activity saving(ActivityKind::checkpoint, "checkpoint");
  wait_together([&] { return writer_->busy(); });
  writer_->save(training().state(), steps, where_.about, score_);
  saved_at_ = steps;
  epochs_since_ = 0;
  saved_time_ = Clock::current().now();
}

void Checkpointing::peer_lost() {
  if (writer_) writer_->give_up();
}

void Checkpointing::stop(int64_t steps) {
  fault_point("stop/asked");
  save(steps);
  const Activity writing(ActivityKind::checkpoint, "checkpoint before the end");
  wait_together([&] { return writer_->busy(); });
  fault_point("stop/saved");
  if (const std::string failure = writer_->failure(); !failure.empty())
    fail(ExitCode::io, "stop", "asked to stop, and the state could not be saved: {}", failure);
  fail(ExitCode::stopped, "stop", "asked to stop: step {} is saved in {}; --resume goes on from it",
       steps, where_.folder.string());
}

void Checkpointing::tell_failure() {
  if (const std::string failure = writer_->failure(); !failure.empty() && failure != told_) {
    log_warn("{}; training goes on, and the last whole checkpoint stays", failure);
    told_ = failure;
  }
}

bool Checkpointing::roll_back() {
  wait_together([&] { return writer_->busy(); });
  resumed_at_.reset();
  restore_newest(where_.folder);
  return resumed_at_.has_value();
}

void Checkpointing::on_train_end() {
  if (!writer_) return;
  const Activity writing(ActivityKind::checkpoint, "last checkpoint");
  wait_together([&] { return writer_->busy(); });
  tell_failure();
  writer_.reset();
  if (where_.remove_when_done && current_world().rank() == 0)
    for (const auto& path : checkpoints_in(where_.folder)) FileSystem::current().remove(path);
}

BackupAndRestore::BackupAndRestore(Options options)
    : Checkpointing({.folder = options.backup_dir,
                     .every_steps = options.save_freq.batches,
                     .every_epochs = options.save_freq.batches > 0 ? 0 : 1,
                     .policy = {.keep_last = options.double_checkpoint ? 2 : 1},
                     .remove_when_done = options.delete_checkpoint}),
      options_(std::move(options)) {
  if (options_.backup_dir.empty()) fail("BackupAndRestore", "needs a backup_dir; give a folder");
}

TUTTI_REGISTER(Callback, BackupAndRestore, "BackupAndRestore",
               "saves the whole state of training, and goes on from it after a crash")
    .required("backup_dir", &BackupAndRestoreOptions::backup_dir,
              "folder; relative ones begin at the run")
    .argument("save_freq", &BackupAndRestoreOptions::save_freq, "epoch, or a number of batches")
    .argument("double_checkpoint", &BackupAndRestoreOptions::double_checkpoint,
              "keep the one before, too")
    .argument("delete_checkpoint", &BackupAndRestoreOptions::delete_checkpoint,
              "when training is done");

}  // namespace tutti
