// What a job's `data:` says: where its rows come from, and what its columns become.
#pragma once

#include <string>

#include "io/columns.h"
#include "io/data_source.h"
#include "launch/job.h"

namespace tutti {

// {csv: train.csv, delimiter: ";"}: the key that names a kind of source, its other arguments beside
// it. `alone`: no other part of a job's data may stand there, and none is proposed.
Ref<DataSource> job_source(const Config& written, const std::string& place, bool alone = false);

ColumnOptions column_options(const schema::Data& data);

}  // namespace tutti
