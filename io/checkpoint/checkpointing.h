// Checkpointing: saves a training's state now and then, and goes on from the newest that is whole.
// BackupAndRestore: the same under Keras's name.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/callbacks/callback.h"
#include "core/callbacks/model_checkpoint.h"
#include "io/checkpoint/checkpoint_writer.h"

namespace tutti {

class Checkpoint;

struct CheckpointingOptions {
  std::filesystem::path folder = {};
  // When: after so many steps, so many epochs, so much time; 0 for never. Always after the last
  // epoch. What falls on an epoch's last step is saved after its validation.
  int64_t every_steps = 0, every_epochs = 0;
  double every_seconds = 0;
  CheckpointPolicy policy = {};
  std::string score = {};  // of the logs: what the best are best in; "" for nothing
  bool resume = true;      // from a checkpoint that is there
  std::filesystem::path begin_from =
      {};  // another folder of checkpoints, for a training that begins
  std::optional<double> begin_rate = {};  // the learning rate then; none: that of the state
  bool remove_when_done = false;
  Config about = {};  // kept with each
  // Before a checkpoint is restored, on all ranks: throws if it belongs to another training.
  std::function<void(const Checkpoint&)> check = {};
  // Whether this rank was asked to stop: then all save the state, and end by Error (stopped).
  std::function<bool()> stop_asked = {};
};

class Checkpointing : public Callback {
 public:
  explicit Checkpointing(CheckpointingOptions options);
  bool on_every_rank() const override { return true; }
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_boundary(Boundary boundary, int64_t steps) override;
  std::optional<int64_t> next_boundary() const override { return next_look_; }
  void on_train_end() override;
  bool roll_back() override;
  // A peer is dead: nobody waits for its part of a checkpoint that is being written.
  void peer_lost();
  // The step that this training went on from; no value if it began.
  std::optional<int64_t> resumed_at() const { return resumed_at_; }

 private:
  struct Look;
  void begin(int64_t steps);
  void restore_newest(const std::filesystem::path& from);
  void look(Boundary boundary, int64_t steps);
  bool last_epoch(Boundary boundary) const;
  bool ends_epoch(int64_t steps) const;
  bool due(Boundary boundary, int64_t steps) const;
  int64_t next_look(int64_t steps);
  void save(int64_t steps);
  void stop(int64_t steps);
  void tell_failure();

  CheckpointingOptions where_;
  std::unique_ptr<CheckpointWriter> writer_;
  std::optional<int64_t> next_look_, resumed_at_;
  std::optional<double> score_;
  int64_t saved_at_ = 0, epochs_since_ = 0;  // of the last one
  int64_t epochs_done_ = 0;
  std::string told_;                              // the last failure
  Clock::Duration saved_time_{}, looked_time_{};  // on rank 0
  int64_t looked_at_ = 0, stride_ = 1;            // steps between looks
};

struct BackupAndRestoreOptions {
  std::string backup_dir = {};
  SaveFrequency save_freq = {};
  bool double_checkpoint = false;  // the newest two stay
  bool delete_checkpoint = true;   // when training is done
};

class BackupAndRestore final : public Checkpointing {
 public:
  using Options = BackupAndRestoreOptions;
  explicit BackupAndRestore(Options options);
  template <std::convertible_to<std::string> Text>
  explicit BackupAndRestore(Text backup_dir) : BackupAndRestore(Options{std::move(backup_dir)}) {}
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
