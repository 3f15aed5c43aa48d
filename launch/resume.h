// Going on with a run: `--resume` continues it exactly, so that its job may differ only in what
// leaves past steps as they were; `--fork` begins another run from its state.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "launch/job.h"

namespace tutti {

// Takes over what the run chose and this job leaves open: seed, shards, batch size.
void take_choices(Job& job, const Job& of_run);

// Throws Error (job), naming each key by which past steps would have been others. Epochs,
// callbacks, checkpoints, threads and the report may change. Both jobs are resolved.
void refuse_changes(const Job& job, const Job& of_run, const std::filesystem::path& run);

// The learning rate that a run forked from another begins with, where its job says another number
// than that run's; none where both say the same, and the state's is what callbacks made of it.
std::optional<double> rate_said_anew(const Job& job, const Job& of_run);

// Keys at which two maps differ, as "fit.batch_size is 8, and was 4"; `free` ones may, with all
// below them.
std::vector<std::string> changes_between(const Config& now, const Config& then,
                                         std::span<const char* const> free);

}  // namespace tutti
