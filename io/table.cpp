#include "io/table.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"

namespace tutti {

const Column* Table::find(std::string_view name) const {
  for (const auto& column : columns)
    if (column.name == name) return &column;
  return nullptr;
}

const Column& Table::column(std::string_view name) const {
  if (const Column* found = find(name)) return *found;
  std::string known;  // of a wide table the first names show what kind of names they are
  for (size_t i = 0; i < columns.size() && i < 10; ++i) known += (i ? ", " : "") + columns[i].name;
  fail(ExitCode::data, source, "there is no column '{}'{}; it has {}{}", name,
       did_you_mean(name, names()), known, columns.size() > 10 ? ", ..." : "");
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

std::string Table::place(int64_t row) const {
  const auto at = static_cast<size_t>(row);
  if (!lines.empty()) return fmt::format("{}:{}", source, lines[at]);
  return fmt::format("{} row {}", source, taken.empty() ? row : taken[at]);
}

Table Table::take_rows(std::span<const int64_t> rows) const {
  Table some_rows{source, {}, {}, label};
  for (const auto& column : columns) {
    Column& some = some_rows.columns.emplace_back();
    some.name = column.name;
    if (!column.is_text())
      some.values = column.values.take_rows(rows);
    else
      for (const int64_t row : rows) some.text.push_back(column.text[static_cast<size_t>(row)]);
  }
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    if (lines.empty())
      some_rows.taken.push_back(taken.empty() ? row : taken[at]);
    else
      some_rows.lines.push_back(lines[at]);
  }
  return some_rows;
}

namespace {

// The column of this place in every table.
Column concatenated_column(const std::vector<Table>& tables, size_t index) {
  const Column& first = tables[0].columns[index];
  Column joined{first.name, {}, {}};
  DType dtype = first.is_text() ? DType::string : first.values.dtype();
  int64_t rows = 0;
  for (const auto& table : tables) {
    const Column& column = table.columns[index];
    if (column.is_text() != first.is_text() ||
        (!first.is_text() && column.values.shape().tail() != first.values.shape().tail()))
      fail(ExitCode::data, table.source, "column '{}' is other than in {}: {}; use one kind",
           first.name, tables[0].source,
           first.is_text() ? "numbers, not text" : "text or of another shape");
    rows += column.rows();
    joined.text.insert(joined.text.end(), column.text.begin(), column.text.end());
    if (!first.is_text()) dtype = promote(dtype, column.values.dtype());
  }
  if (first.is_text()) return joined;
  joined.values = Tensor::empty(first.values.shape().tail().stacked(rows), dtype);
  std::byte* to = joined.values.raw();
  for (const auto& table : tables) {
    const Tensor values = table.columns[index].values.to(dtype);
    if (values.bytes() > 0) std::memcpy(to, values.raw(), values.bytes());
    to += values.bytes();
  }
  return joined;
}

}  // namespace

Table concatenated(const std::vector<Table>& tables, const std::string& source) {
  Table joined{source, {}, {}, tables.at(0).label};
  for (const auto& table : tables)
    if (table.names() != tables[0].names())
      fail(ExitCode::data, table.source, "has other columns than {}; every file needs the same",
           tables[0].source);
  for (size_t i = 0; i < tables[0].columns.size(); ++i)
    joined.columns.push_back(concatenated_column(tables, i));
  return joined;
}

}  // namespace tutti
