// What the files of a run's data were: kept with its checkpoints, compared when it goes on.
#pragma once

#include <filesystem>
#include <vector>

#include "io/data_source.h"
#include "launch/job_data.h"

namespace tutti {

// Of the files of a source that is read into memory: their sizes and samples.
std::vector<DataStamp> stamps_of_files(const DataSource& source,
                                       const std::filesystem::path& folder);

// What a checkpoint says of the data: the files by their paths below the job's folder, and a digest
// of what decides the rows.
Config describe_data(const JobData& data, const std::filesystem::path& folder);

// Throws Error (data), naming the first file that differs, where the data is not what it was. Rows
// that were in memory and are streamed now, or the other way round, are compared by their files.
void check_same_rows(const Config& then, const Config& now);

}  // namespace tutti
