#include "core/callbacks/terminate_on_nan.h"

#include <cmath>

#include "core/base/error.h"

namespace tutti {

void TerminateOnNaN::on_train_batch_end(int64_t batch, const Logs& logs) {
  const double* loss = logs.find("loss");
  if (!loss || std::isfinite(*loss)) return;
  if (options_.raise_error)
    fail(ExitCode::numerics, "TerminateOnNaN",
         "the loss is {} at batch {}; lower the learning rate or look at the data", *loss, batch);
  training().print(fmt::format("Batch {}: Invalid loss, terminating training", batch));
  training().stop_training();
}

TUTTI_REGISTER(Callback, TerminateOnNaN, "TerminateOnNaN", "ends training when the loss is NaN")
    .argument("raise_error", &TerminateOnNaNOptions::raise_error, "as an error");

}  // namespace tutti
