// Patient: lets another rule judge only trials that have not become better for some reports. As in
// Optuna.
#pragma once

#include "scheduler/pruners/pruner.h"

namespace tutti {

struct PatientOptions {
  Ref<Pruner> wrapped_pruner;  // none: a trial that lost patience ends
  int64_t patience = 0;
  double min_delta = 0;
};

class PatientPruner final : public Pruner {
 public:
  using Options = PatientOptions;
  explicit PatientPruner(Options options);
  const Options& options() const { return options_; }

  Verdict judge(const StudyRecord& study, const Trial& trial) override;
  std::optional<int64_t> promote(const StudyRecord& study) override {
    return options_.wrapped_pruner ? options_.wrapped_pruner->promote(study) : std::nullopt;
  }

 private:
  Options options_;
};

}  // namespace tutti
