// The parts of a report. Each adds what the run has and leaves out what it lacks.
#pragma once

#include "launch/report/page.h"
#include "launch/report/report_source.h"

namespace tutti {

void add_diagnoses(Page& page, const std::vector<Diagnosis>& found);
// What was trained: model, data, classes, the job.
void add_subject(Page& page, const ReportSource& source);
// How it went: losses, metrics, rates; `overfitting` is the epoch to mark.
void add_curves(Page& page, const ReportSource& source, std::optional<int64_t> overfitting);
// What it gets wrong: confusions, ROC, precision and recall, worst rows, errors of numbers.
void add_failures(Page& page, const ReportSource& source);
// Why it says so: which features, pixels or words its answers rest on, for models of one input.
void add_reasons(Page& page, const ReportSource& source);
// Rows without labels, and what the model says of them.
void add_unlabelled(Page& page, const ReportSource& source, const std::string& spec);
// What goes on inside: gradients, weights, activations, filters, feature maps.
void add_insides(Page& page, const ReportSource& source);
// Of models of one or two numbers: the curve or the plane that they draw; the loss against one
// weight.
void add_landscape(Page& page, const ReportSource& source);

// --- shared by the parts ----------------------------------------------------------------------
std::string rows_text(int64_t rows);                             // "1,437 rows"
std::string share_text(double share);                            // "97.5 %"
std::string place_text(const ReportSource& source, size_t row);  // without folders: "train.csv:12"
std::vector<size_t> wrong_rows(const JudgedOutput& output);      // the surest mistakes first
// Row `row` of image inputs as a picture, brightest and darkest as in all of them.
drawing::Raster image_of(const Tensor& images, const ImageShape& shape, int64_t row);

}  // namespace tutti
