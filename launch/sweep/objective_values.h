// What a trial's epochs say about the objectives of a study.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "launch/sweep/study_file.h"

namespace tutti {

// Throws Error (job) at the place of an objective that is not among them.
void require_measured(const std::vector<StudyObjective>& objectives,
                      const std::vector<std::string>& metrics);

// Of a trial that is complete, each objective's value: of the last epoch that measured it, or the
// best; NaN where none did. `history`: of each metric its values by epoch, NaN where it has none.
// Throws as require_measured.
std::vector<double> values_of(const std::vector<StudyObjective>& objectives,
                              const std::map<std::string, std::vector<double>>& history);

}  // namespace tutti
