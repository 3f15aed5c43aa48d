// StepGuard: what keeps a training step from being assigned where it went wrong.
#pragma once

#include <string>
#include <vector>

#include "core/graph/executable.h"
#include "core/graph/trace.h"
#include "core/model/training_step.h"

namespace tutti {

// FitOptions::on_nan. watch_loss: stop without looking at gradients, which costs nothing; what they
// spoil shows in the next step's loss.
enum class OnNan { ignore, watch_loss, stop, skip, rollback };

class StepGuard {
 public:
  // Once the training step is written down: looks at all the losses that it reports and, but for
  // watch_loss, at all gradients; with skip and rollback the step then assigns only where all are
  // finite. What it found becomes the graph's outputs. `flips`, if any: how many blocks of memory
  // are wrong.
  StepGuard(Trace& trace, const StepReport& report, Graph& graph, OnNan on_nan,
            const Value& flips = {});

  // After a run, alike on all ranks.
  bool broken(const Executable& executable) const;
  // "the loss is nan", "the gradient of 'dense/bias' is NaN, infinite or huge in 3 of 12 elements".
  std::string what(const Executable& executable) const;

 private:
  struct Watched {
    std::string name;
    int64_t elements = 0;  // 0: a loss
  };
  std::vector<std::vector<Watched>>
      watched_;  // of each output but the first, which counts them all
};

}  // namespace tutti
