// What a job trains: its rows, and its model made for them.
#pragma once

#include "core/model/world.h"
#include "launch/job_data.h"
#include "launch/job_model.h"

namespace tutti {

// The rows to train on, without those that validation_split takes. Chooses the batch size where the
// job does not. Throws with a place in the job.
RowSourcePtr rows_to_train_on(const Job& job, FitOptions& fit, const JobData& data);

// The model, compiled, and the data fit for it. Nothing is drawn before there is room for a step;
// with `draws` false nothing at all: then somebody gives it its weights. Throws Error (world),
// naming a layer, where there is no room.
JobModel make_fitted_model(const Job& job, const FitOptions& fit, JobData& data,
                           const RowSourcePtr& training, const World& world, bool draws);

}  // namespace tutti
