// StepGuard: what keeps a training step from being assigned where it went wrong.
#pragma once

#include <string>
#include <vector>

#include "core/graph/executable.h"
#include "core/graph/trace.h"
#include "core/model/training_step.h"

namespace tutti {

// What a step does whose loss or gradient is not finite: FitOptions::on_nan.
enum class OnNan { ignore, stop, skip, rollback };

class StepGuard {
 public:
  // Once the training step is written down: it assigns something only where all the losses that it
  // reports and all gradients are finite. What it found becomes the graph's outputs.
  // `flips`, if any: how many blocks of memory are wrong.
  StepGuard(Trace& trace, const StepReport& report, Graph& graph, const Value& flips = {});

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
