// Nop: no trial ends early.
#pragma once

#include "scheduler/pruners/pruner.h"

namespace tutti {

class NopPruner final : public Pruner {
 public:
  using Options = NoOptions;
  explicit NopPruner(Options = {}) {}
  const Options& options() const { return options_; }

  Verdict judge(const StudyRecord&, const Trial&) override { return Verdict::go_on; }

 private:
  Options options_;
};

}  // namespace tutti
