// `tutti sweep export`: the trials as a table, or the best one's model.
#pragma once

#include <filesystem>
#include <string>

#include "launch/sweep/sweep_folder.h"

namespace tutti {

// A line for each trial, its columns named as in Optuna's trials_dataframe: number, state, value or
// values_METRIC, epoch, params_NAME, datetime_start, datetime_complete, duration (seconds),
// user_attrs_NAME (failure), system_attrs_NAME. Empty where a trial has none.
std::string trials_csv(const StudyFile& study, const StudyRecord& record);

// Writes FILE.csv, or FILE.keras: the best trial's model. Gives what is in it, in words. Throws
// Error: (usage) another ending, or several trials are best; (data) there is no sweep, no trial
// is complete, or the best one's run has no model.
std::string export_sweep(const SweepFolder& folder, const std::filesystem::path& file);

}  // namespace tutti
