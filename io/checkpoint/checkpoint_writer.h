// Writes checkpoints into a folder while training goes on: a step waits only for the copy of its
// state. Commit, after crash consistency as LevelDB and ext4's authors describe it:
//   each rank   step-N.tmp/shard-R.safetensors, fsync, close, then its word with size and hashes
//   rank 0      when it has every rank's word: manifest, fsync, fsync of the folder, rename to
//               step-N, fsync of the folder above; then older ones go, once it was read back
// A crash between any two leaves the checkpoints before, and this one whole or not at all.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/callbacks/training_state.h"

namespace tutti {

struct CheckpointPolicy {
  int keep_last = 2;            // so many of the newest stay, at least 1
  int keep_best = 0;            // and of those with a score the best
  bool best_is_highest = true;  // score
  std::chrono::milliseconds patience = std::chrono::minutes(10);  // for the other ranks' files
};

class CheckpointWriter {
 public:
  // Collective, as save() and prepare() are. Rank 0 makes the folder and clears it of what crashes
  // left unfinished.
  CheckpointWriter(std::filesystem::path folder, CheckpointPolicy policy);
  ~CheckpointWriter();  // waits

  void prepare(const TrainingState& state);  // gets its memory
  // Returns when this rank's parts are copied; first waits for one that is being written.
  void save(const TrainingState& state, int64_t step, const Config& about,
            std::optional<double> score = std::nullopt);
  bool busy() const;  // on rank 0 until all ranks' files are committed or given up
  void wait();
  void give_up();  // on what is being written: another rank could not write its part, or is dead
  // Why the last save came to nothing; empty if it did not. Known when it is no longer busy.
  std::string failure() const;

 private:
  struct Job;
  std::filesystem::path folder_;
  CheckpointPolicy policy_;
  std::unique_ptr<Job> job_;
};

}  // namespace tutti
