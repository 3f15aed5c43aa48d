// All that a report of a run is made from. What the run lacks is empty here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "launch/job_data.h"
#include "launch/report/diagnosis.h"
#include "launch/run_directory.h"

namespace tutti {

// What the model says of one output for the rows that it is judged by.
struct JudgedOutput {
  std::string name;
  // Of classes: their names, the probabilities (rows x classes, a single output made two), and the
  // true and the most probable class of each row.
  std::vector<std::string> classes;
  std::vector<double> probabilities;
  std::vector<int64_t> truth, guess;
  double probability(size_t row, size_t kind) const {
    return probabilities[row * classes.size() + kind];
  }
  // Of numbers: the true and the predicted ones, if there is one for each row.
  std::vector<double> target, prediction;
};

// Inputs that are pictures: (height, width, channels) of each row.
struct ImageShape {
  int64_t height = 0, width = 0, channels = 1;
};

struct ReportSource {
  Run run;
  std::map<std::string, std::vector<double>> history;
  std::vector<double> epochs;  // from 1, of the history
  TrainingRecord record;
  // The rows, as the run had them; nothing where they cannot be read any more, and why.
  std::optional<JobData> data;
  std::string data_missing;
  Dataset training, validation;  // of rows that are streamed, the first of them
  int64_t training_rows = 0, validation_rows = 0;
  // The rows that the model is judged by: test rows, else validation rows, else training rows.
  Dataset judged;
  std::string judged_name;  // "test"
  RowPlace judged_place;
  std::vector<JudgedOutput> outputs;

  Model& model() const { return *run.model.model; }
  const schema::Job& job() const { return run.job.frame(); }
};

// Throws what open_run throws.
ReportSource read_report_source(const std::filesystem::path& run);
TrainingEvidence evidence_of(const ReportSource& source);

// The only input as pictures: of shape (h, w), (h, w, 1 or 3), or (h * h,) of 64 numbers or more
// that are all 0 or above.
std::optional<ImageShape> image_shape(const Dataset& rows);

// Class and probability of each row of predictions for an output that the job's loss compares
// classes of; numbers otherwise. Without truth where the rows have no labels.
JudgedOutput judge_output(const ReportSource& source, size_t output, const Tensor& predicted,
                          const Dataset& rows);

}  // namespace tutti
