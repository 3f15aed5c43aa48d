// What a sweep's report is made from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launch/drawing/frame.h"
#include "launch/sweep/sweep_folder.h"
#include "scheduler/analysis/importance.h"

namespace tutti {

struct SweepSource {
  const SweepFolder& folder;
  const StudyFile& study;
  const StudyRecord& record;
  std::vector<const Trial*> best = {};
  std::vector<std::vector<Importance>> importances = {};  // of each objective; empty: not known
  // Those that can have more than one value, the most important first.
  std::vector<const Hyperparameter*> varied = {};
};
// Refers to all three.
SweepSource sweep_source(const SweepFolder& folder, const StudyFile& study,
                         const StudyRecord& record);

// A complete trial with a finite value of an objective.
struct ScoredTrial {
  const Trial* trial;
  double value;
};
std::vector<ScoredTrial> scored_trials(const SweepSource& source, size_t objective);

const std::string& objective_name(const SweepSource& source, size_t objective);
drawing::Axis objective_axis(const SweepSource& source, size_t objective);

// The range of a hyperparameter; choices have their words.
drawing::Axis axis_over_range(const Hyperparameter& hyperparameter);
// Where a trial lies on it; null where the trial does not have it, or has it in another range.
std::optional<double> number_in(const Hyperparameter& hyperparameter, const Trial& trial);
// A name's last part, "learning_rate", where no other's is the same.
std::string short_name(const SweepSource& source, const std::string& name);

}  // namespace tutti
