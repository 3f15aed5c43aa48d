// A study file: what `tutti sweep` tries, on which job, and for how long. launch/sweep/study.proto
// has its keys.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "launch/sweep/study.pb.h"
#include "launch/sweep/trial_job.h"
#include "scheduler/study/study.h"

namespace tutti {

inline constexpr int64_t kMostSlots = 1024;

struct StudyObjective {
  std::string metric = {};  // as a run's history calls it
  Direction direction = Direction::minimize;
  bool best_epoch = false;  // whose value counts: the best epoch's, or the last one's
  std::string place = {};   // where the file says so
};

struct StudyFile {
  std::filesystem::path path;
  StudyOptions options;
  SearchSpace space;
  TrialJob job;
  std::vector<StudyObjective> objectives;
  std::shared_ptr<Tuner> tuner = {};
  std::shared_ptr<Pruner> pruner = {};  // null: none
  int64_t executions = 1;
  std::optional<int64_t> epochs = {};
  std::optional<Clock::Duration> time = {};
  std::optional<int64_t> keep_best = {};  // null: all checkpoints stay
  bool overwrite = false;
  int slots = 1, threads = 1;
  bool fuse = true;  // fused_trials.h
  // The file with its job in it, which reads back as the same study wherever it lies.
  Config whole = {};
};

// Throws Error with file, line and column of what is wrong; everything that can be known without
// data is checked, the space against the job too (trial_job.h). `overrides`: PATH=VALUE, in place
// of what the file says (job_override.h).
StudyFile read_study_file(const std::filesystem::path& path,
                          const std::vector<std::string>& overrides = {});

// Throws Error (job), naming each key, where trials of a study would have been others under the
// study file that it was begun with. Budgets, slots and what is kept may change.
void refuse_other_study(const StudyFile& now, const Config& then,
                        const std::filesystem::path& folder);

}  // namespace tutti
