// What a job needs for training, looked at before any data is read.
#pragma once

#include "launch/job.h"

namespace tutti {

// Throw with a place where the job has none.
void require_model(const Job& job);
void require_loss(const Job& job);

// Throws with a place where the job has no model or no loss, or where a loss, the optimizer or a
// callback is none.
void check_training(const Job& job);

}  // namespace tutti
