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

// Makes every object that the job names, by itself, and keeps none: what a kind refuses is thrown
// with its place, before any data is read. How layers fit together, only a model tells.
void check_objects(const Job& job);

// The loss that the job writes for the model's output of that number and name; null for none.
const schema::Kind* loss_of_output(const Job& job, size_t index, const std::string& name);
bool is_of_classes(const schema::Kind* loss);  // whether it compares classes; false for null
// A model's file may bring what it was compiled with, and its optimizer: a job without a loss goes
// on with them.
void compile_for_job(const Job& job, Model& model);
CompileOptions make_compile_options(const Job& job, const Model& model);
// With its callbacks. `class_names` are what an output's class indices stand for: class weights may
// be written under either.
FitOptions make_fit_options(const Job& job,
                            const std::vector<std::vector<std::string>>& class_names = {});
// Throws at a callback's place where it cannot do what it is to do in such a training.
void check_callbacks(const Job& job, const FitOptions& fit, const TrainingControl::Plan& plan);
// Where the job writes the layer of that name; "model" of the job for one that it does not write.
std::string place_of_layer(const Job& job, const JobModel& made, const std::string& name);

}  // namespace tutti
