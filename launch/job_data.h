// The rows that a job names: read, split and treated. The same on every rank.
#pragma once

#include <string>

#include "core/model/model.h"
#include "io/columns.h"
#include "io/dataset.h"
#include "io/labels.h"
#include "launch/data_part.h"
#include "launch/index_folder.h"
#include "launch/job.h"

namespace tutti {

struct JobData {
  DataPart train, validation, test;  // without rows where the job has no such part
  ColumnPipeline columns;            // fitted on the training rows
  std::vector<DataStamp> stamps;     // of the files that they are read from
  bool streamed = false;             // whether rows are read as they are taken
};

// Throws Error (job) for what the job says wrongly and Error (data) for what a file holds wrongly.
// Collective among the ranks of `access` where rows are streamed.
JobData load_job_data(const Job& job, const RowAccess& access = {});

// The columns of a source. `spec` is a file (x.csv, x.npy) or, as in a job, {csv: x.csv}; `where`
// is the option that named it.
Table load_table(const std::string& spec, const std::string& where);
// Its rows, treated as the training rows were; read as they are taken where they are many.
DataPart load_rows(const std::string& spec, const std::string& where, const ColumnPipeline& columns,
                   bool with_outputs, const RowAccess& access = {});

// Which label of the data belongs to a model's output: the one of its name where the job names
// them, else the one in its place.
size_t label_of_output(const Job& job, const std::vector<std::string>& outputs, size_t index);

// Throws where text became the numbers of its classes and the loss takes numbers: nobody asked for
// it.
void check_text_labels(const Job& job, const ColumnPipeline& columns, const Model& model);

// Puts the outputs in the order of the model's, and checks class labels against what the losses
// take: whole, not negative, below the number of classes. Streamed ones are checked as they are
// read.
DataPart fit_to_model(const DataPart& data, const Model& model, const Job& job);

}  // namespace tutti
