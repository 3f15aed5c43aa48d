// The data of a job that is read row by row, as batches take it: of any size.
#pragma once

#include <vector>

#include "core/layers/adaptation.h"
#include "io/data_source.h"
#include "launch/index_folder.h"
#include "launch/job_data.h"

namespace tutti {

// Data of more than this in memory is streamed, unless `data.in_memory` says otherwise.
inline constexpr uint64_t kMostInMemory = uint64_t{1} << 30;

// Alike on all ranks of `access`, by what rank 0 sees.
bool is_large(const DataSource& source, const std::filesystem::path& folder,
              const RowAccess& access);
// Whether the job's rows are read as they are taken. Throws, with its place in the job, where it
// asks for that and something in it needs all rows at once.
bool is_streamed(const Job& job, const DataSource& source, const RowAccess& access);

// For layers that adapt to training rows. Of streamed ones, throws where their values would take
// more than that.
Adaptation::RowsOf rows_to_adapt_on(const RowSourcePtr& training, bool streamed);

// As load_job_data. Indexes are made, rows split and columns fitted on rank 0, in passes over the
// rows that it alone makes; the others read what it made.
JobData stream_job_data(const Job& job, const DataSource& source, const RowAccess& access);
// All rows of a source, treated as training rows were.
DataPart stream_rows(const DataSource& source, const ColumnPipeline& columns, bool with_outputs,
                     const RowAccess& access);

}  // namespace tutti
