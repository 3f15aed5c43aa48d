// Columns as a file gives them: numbers or text, before any treatment.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/tensor.h"

namespace tutti {

struct Column {
  std::string name;
  Tensor values;                  // axis 0 is rows; undefined for text
  std::vector<std::string> text;  // one per row; empty for numbers

  bool is_text() const { return !values.defined(); }
  int64_t rows() const { return is_text() ? static_cast<int64_t>(text.size()) : values.rows(); }
};

struct Table {
  std::string source;  // where it came from, for errors: "train.csv"
  std::vector<Column> columns;
  std::vector<int64_t> lines;       // of each row in the source; empty if it has none
  std::string label;                // the column that a shipped data set predicts; may be empty
  std::vector<int64_t> taken = {};  // which row of the source each is; empty: as they come

  int64_t rows() const { return columns.empty() ? 0 : columns[0].rows(); }
  const Column* find(std::string_view name) const;
  const Column& column(std::string_view name) const;  // throws with the nearest name
  std::vector<std::string> names() const;
  std::string place(int64_t row) const;  // "train.csv:12", or "train.npy row 10"
  Table take_rows(std::span<const int64_t> rows) const;
};

// The rows of tables with the same columns, one after the other, as the table of `source`. Numbers
// of a column become of one dtype. Throws naming the table whose columns are others.
Table concatenated(const std::vector<Table>& tables, const std::string& source);

}  // namespace tutti
