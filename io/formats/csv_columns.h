// The columns of CSV: what its first records say of them, and cells on their way to a Column.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "io/formats/csv.h"
#include "io/table.h"

namespace tutti {

// The character between cells that `options.delimiter` names. Throws for what is none.
char delimiter_of(const CsvOptions& options);

// Cells of one column.
struct CsvColumn {
  std::string name;
  bool text = false, whole = true;  // whole: all numbers so far are, and have exact i64 values
  std::vector<double> values;
  std::vector<std::string> words;

  bool take(std::string_view cell);  // false for one that is no finite number where numbers stand
  [[noreturn]] void refuse(std::string_view cell, const std::string& where) const;
  Column finish();
};

// The columns, without cells, as the first record and the first thousand rows have them.
struct CsvHead {
  bool header = false;
  std::vector<CsvColumn> columns;
};
// `next` gives the cells of the first record, then of those behind it; false at the end.
CsvHead csv_head(const std::function<bool(std::vector<std::string_view>&)>& next,
                 const std::string& where, const CsvOptions& options);

}  // namespace tutti
