#include "io/formats/csv_columns.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "io/formats/csv_number.h"

namespace tutti {
namespace {

constexpr int kSampleRows = 1000;  // rows that decide whether a column is numbers or text

bool is_number(std::string_view cell) {
  double value;
  return parse_cell(cell, value) == CellKind::number;
}

std::string shown_cell(std::string_view cell) {
  std::string text(cell.substr(0, 40));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32) c = ' ';
  return cell.empty() ? "an empty cell"
                      : fmt::format("'{}{}'", text, cell.size() > 40 ? "..." : "");
}

void name_columns(CsvHead& head, const std::vector<std::string_view>& first,
                  const std::string& where) {
  std::set<std::string> seen;
  for (size_t i = 0; i < first.size(); ++i) {
    CsvColumn& column = head.columns.emplace_back();
    column.name = head.header ? std::string(trimmed_cell(first[i])) : std::to_string(i);
    if (column.name.empty())
      column.name = std::to_string(i);  // the index that pandas writes has no name
    if (!seen.insert(column.name).second)
      fail(ExitCode::data, where + ":1", "two columns are named '{}'; give each its own name",
           column.name);
  }
}

// What the first line would be cut by; a file of one column shows that it is another character.
void check_delimiter(const std::vector<std::string_view>& first, const std::string& where) {
  if (first.size() != 1) return;
  for (const char* other : {";", "tab", "|"}) {
    const char cut = std::string_view(other) == "tab" ? '\t' : other[0];
    if (const auto count = std::count(first[0].begin(), first[0].end(), cut); count > 0)
      fail(ExitCode::data, where + ":1",
           "is one column, {}; if it is {}, write {{csv: {{path: ..., delimiter: \"{}\"}}}}",
           shown_cell(first[0]), count + 1, other);
  }
}

}  // namespace

char delimiter_of(const CsvOptions& options) {
  if (options.delimiter == "tab" || options.delimiter == "\\t") return '\t';
  if (options.delimiter.size() != 1 || options.delimiter == "\"" || options.delimiter == "\n")
    fail("Csv", "delimiter '{}' is not one character; use \",\", \";\" or tab", options.delimiter);
  return options.delimiter[0];
}

bool CsvColumn::take(std::string_view cell) {
  if (text) return words.emplace_back(cell), true;
  double value = 0;
  if (parse_cell(cell, value) != CellKind::number || !std::isfinite(value)) return false;
  whole = whole && value == std::floor(value) && std::abs(value) < 0x1p53;
  values.push_back(value);
  return true;
}

void CsvColumn::refuse(std::string_view cell, const std::string& where) const {
  double value = 0;
  const CellKind kind = parse_cell(cell, value);
  const char* remedy = kind == CellKind::number ? "remove or fill such rows"
                       : kind == CellKind::out_of_range
                           ? "it must fit a float64"
                           : "correct the cell, or name the column in text: to keep it as text";
  fail(ExitCode::data, where, "column '{}': expected a finite number, got {}; {}", name,
       shown_cell(cell), remedy);
}

Column CsvColumn::finish() {
  if (text) return {name, {}, std::move(words)};
  const Tensor numbers = Tensor::from(values, {static_cast<int64_t>(values.size())});
  return {name, whole ? numbers.to(DType::i64) : numbers, {}};
}

CsvHead csv_head(const std::function<bool(std::vector<std::string_view>&)>& next,
                 const std::string& where, const CsvOptions& options) {
  CsvHead head;
  std::vector<std::string_view> cells;
  next(cells);
  if (options.delimiter == ",") check_delimiter(cells, where);
  head.header = options.header == "yes" ||
                (options.header == "auto" && std::none_of(cells.begin(), cells.end(), is_number));
  name_columns(head, cells, where);
  std::vector<int> numbers(cells.size(), 0);
  int rows = 0;
  for (bool more = head.header ? next(cells) : true; more && rows < kSampleRows;
       more = next(cells), ++rows)
    for (size_t i = 0; i < std::min(cells.size(), numbers.size()); ++i)
      numbers[i] += is_number(cells[i]);
  if (rows == 0) fail(ExitCode::data, where, "has a header and no rows; add a line per row");
  for (size_t i = 0; i < numbers.size(); ++i) head.columns[i].text = 2 * numbers[i] < rows;
  for (const auto& name : options.text) {
    std::vector<std::string> known;
    for (auto& column : head.columns) {
      known.push_back(column.name);
      if (column.name == name) column.text = true;
    }
    if (std::find(known.begin(), known.end(), name) == known.end())
      fail(ExitCode::data, where, "there is no column '{}' to keep as text{}", name,
           did_you_mean(name, known));
  }
  return head;
}

}  // namespace tutti
