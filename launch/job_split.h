// Which rows of its data a job trains on, validates on and tests on.
#pragma once

#include <cstdint>
#include <vector>

#include "io/table.h"
#include "launch/job.h"

namespace tutti {

struct JobRows {
  std::vector<int64_t> train, validation, test;
};

// As `data.split` says. A share of the steps of a timeseries is the last of them: the parts follow
// each other, and none has a gap.
JobRows split_rows(const Job& job, const Table& table);

// The steps of a timeseries that the job uses: all, or from start_index to end_index.
Table used_steps(Table table, const Job& job);

}  // namespace tutti
