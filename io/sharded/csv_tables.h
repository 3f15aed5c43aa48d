// Tables of CSV files of any size.
#pragma once

#include <filesystem>

#include "io/formats/csv.h"
#include "io/sharded/row_tables.h"

namespace tutti {

// Every file has the columns of the first. What each column holds is found in one pass over all
// rows, as parse_csv finds it, and kept with the indexes: whoever builds those makes it, others
// read it.
RowTablesPtr csv_tables(const std::filesystem::path& path, const CsvOptions& csv,
                        const IndexOptions& index);

}  // namespace tutti
