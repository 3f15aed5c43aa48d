// The runs of a sweep's best trials, where they were trained in a process of many and left none.
#pragma once

#include <functional>

#include "launch/sweep/study_file.h"
#include "launch/sweep/sweep_folder.h"

namespace tutti {

// Those whose runs stay: the best `keep` of the study, or else those that no other is better than.
std::vector<const Trial*> kept_trials(const StudyFile& study, const StudyRecord& record);

// Trains each that has no run again, by itself, of several executions the first; true unless
// `stop_asked` says so meanwhile. Throws Error where one cannot be trained, or ends with other
// parameters than it had.
bool make_runs(const StudyFile& study, const SweepFolder& folder,
               const std::vector<const Trial*>& trials, const std::function<bool()>& stop_asked);

}  // namespace tutti
