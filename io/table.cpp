#include "io/table.h"

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

}  // namespace tutti
