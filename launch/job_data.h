// The rows that a job names: read, split and treated. The same on every rank.
#pragma once

#include <string>

#include "core/model/model.h"
#include "io/columns.h"
#include "io/dataset.h"
#include "io/labels.h"
#include "launch/job.h"

namespace tutti {

// Rows of the data, and where each came from.
struct DataPart {
  Dataset rows;
  RowPlace place;
};

struct JobData {
  DataPart train, validation, test;  // without rows where the job has no such part
  ColumnPipeline columns;            // fitted on the training rows
};

// Throws Error (job) for what the job says wrongly and Error (data) for what a file holds wrongly.
JobData load_job_data(const Job& job);

// The columns of a source. `spec` is a file (x.csv, x.npy) or, as in a job, {csv: x.csv}; `where`
// is the option that named it.
Table load_table(const std::string& spec, const std::string& where);
// Its rows, treated as the training rows were.
DataPart load_rows(const std::string& spec, const std::string& where, const ColumnPipeline& columns,
                   bool with_outputs);

// Which label of the data belongs to a model's output: the one of its name where the job names
// them, else the one in its place.
size_t label_of_output(const Job& job, const std::vector<std::string>& outputs, size_t index);

// Throws where text became the numbers of its classes and the loss takes numbers: nobody asked for
// it.
void check_text_labels(const Job& job, const ColumnPipeline& columns, const Model& model);

// Puts the outputs in the order of the model's, and checks class labels against what the losses
// take: whole, not negative, below the number of classes.
Dataset fit_to_model(const DataPart& data, const Model& model, const Job& job);

}  // namespace tutti
