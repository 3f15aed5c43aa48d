// The model, losses, metrics and callbacks that a job names, made.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model/compile.h"
#include "core/model/model.h"
#include "launch/job.h"

namespace tutti {

// A model and how the job wrote it, with every argument of every layer.
struct JobModel {
  std::shared_ptr<Model> model;
  schema::Model written;
};

// `inputs` are the columns that the data gives. A list of layers in which none names its `inputs`
// is a Sequential; otherwise `inputs` of a layer are names of earlier layers or of the data's
// inputs (left out: the layer before), an item named after an earlier layer calls that layer again,
// and the layers that nobody takes are the model's outputs, in order.
JobModel make_job_model(const Job& job, const std::vector<RowColumn>& inputs);

CompileOptions make_compile_options(const Job& job, const Model& model);
FitOptions make_fit_options(const Job& job);  // with its callbacks

}  // namespace tutti
