#include "core/callbacks/swap_ema_weights.h"

#include "core/base/error.h"

namespace tutti {

void SwapEMAWeights::check(const TrainingControl::Plan& plan) {
  if (!plan.averages)
    fail("SwapEMAWeights", "the optimizer keeps no averages; set its use_ema to true");
}

void SwapEMAWeights::on_epoch_begin(int64_t) {
  if (options_.swap_on_epoch) training().use_averages(false);
}

void SwapEMAWeights::on_epoch_end(int64_t, const Logs&) {
  if (options_.swap_on_epoch) training().use_averages(true);
}

TUTTI_REGISTER(Callback, SwapEMAWeights, "SwapEMAWeights", "validates with averaged weights")
    .argument("swap_on_epoch", &SwapEMAWeightsOptions::swap_on_epoch,
              "hold them between epochs too, for a checkpoint that comes later");

}  // namespace tutti
