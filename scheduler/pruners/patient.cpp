#include "scheduler/pruners/patient.h"

#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace tutti {

PatientPruner::PatientPruner(Options options) : options_(std::move(options)) {
  if (options_.patience < 0) fail("Patient", "patience is {}; use 0 or more", options_.patience);
  if (!(options_.min_delta >= 0))
    fail("Patient", "min_delta is {}; use 0 or more", options_.min_delta);
}

Verdict PatientPruner::judge(const StudyRecord& study, const Trial& trial) {
  const auto reports = static_cast<int64_t>(trial.intermediate.size());
  const int64_t recent = options_.patience + 1;
  if (reports <= recent) return Verdict::go_on;
  // NaN where all are; then nothing is known to have become worse.
  double before = std::numeric_limits<double>::quiet_NaN(), since = before;
  int64_t index = 0;
  for (const auto& [step, value] : trial.intermediate) {
    double& best = index++ < reports - recent ? before : since;
    best = std::fmin(best, loss_of(study.directions[0], value));
  }
  if (!(before + options_.min_delta < since)) return Verdict::go_on;
  return options_.wrapped_pruner ? options_.wrapped_pruner->judge(study, trial) : Verdict::stop;
}

TUTTI_REGISTER(Pruner, PatientPruner, "Patient",
               "lets another rule judge trials that have not become better for some reports")
    .argument("wrapped_pruner", &PatientOptions::wrapped_pruner, "the rule; none: the trial ends")
    .required("patience", &PatientOptions::patience, "reports that may pass")
    .argument("min_delta", &PatientOptions::min_delta, "what is no worsening")
    .alias("PatientPruner");

}  // namespace tutti
