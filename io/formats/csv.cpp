#include "io/formats/csv.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "io/formats/csv_number.h"
#include "io/formats/csv_records.h"
#include "io/sharded/row_files.h"

namespace tutti {
namespace {

constexpr int kSampleRows = 1000;  // rows that decide whether a column is numbers or text

TUTTI_REGISTER(DataSource, Csv, "Csv",
               "comma-separated values; the first line may name the columns")
    .required("path", &CsvOptions::path, "the file, a folder of files or a pattern (part-*.csv)")
    .argument("delimiter", &CsvOptions::delimiter, "one character between cells, or tab")
    .choice("header", &CsvOptions::header, {"auto", "yes", "no"},
            "whether the first line names the columns")
    .argument("text", &CsvOptions::text, "columns to keep as text though they look like numbers");

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

// Cells of one column on their way to a Column.
struct ColumnBuilder {
  std::string name;
  bool text = false, whole = true;
  std::vector<double> values;
  std::vector<std::string> words;

  void add(std::string_view cell, const std::string& where, int64_t line) {
    if (text) return words.emplace_back(cell), void();
    double value = 0;
    const CellKind kind = parse_cell(cell, value);
    if (kind == CellKind::number && std::isfinite(value)) {
      whole = whole && value == std::floor(value) && std::abs(value) < 0x1p53;
      return values.push_back(value);
    }
    const char* remedy = kind == CellKind::number ? "remove or fill such rows"
                         : kind == CellKind::out_of_range
                             ? "it must fit a float64"
                             : "correct the cell, or name the column in text: to keep it as text";
    fail(ExitCode::data, fmt::format("{}:{}", where, line),
         "column '{}': expected a finite number, got {}; {}", name, shown_cell(cell), remedy);
  }

  Column finish() {
    Column column;
    column.name = name;
    if (text) {
      column.text = std::move(words);
    } else {
      column.values = Tensor::from(values, {static_cast<int64_t>(values.size())});
      if (whole) column.values = column.values.to(DType::i64);
    }
    return column;
  }
};

char delimiter_of(const CsvOptions& options) {
  if (options.delimiter == "tab" || options.delimiter == "\\t") return '\t';
  if (options.delimiter.size() != 1 || options.delimiter == "\"" || options.delimiter == "\n")
    fail("Csv", "delimiter '{}' is not one character; use \",\", \";\" or tab", options.delimiter);
  return options.delimiter[0];
}

void check_text(std::string_view text, const std::string& where) {
  const size_t nul = text.find('\0');
  if (nul != std::string_view::npos)
    fail(ExitCode::data,
         fmt::format("{}:{}", where, 1 + std::count(text.begin(), text.begin() + nul, '\n')),
         "has a NUL byte; is this a text file? Save it as UTF-8 CSV");
  if (std::all_of(text.begin(), text.end(),
                  [](char c) { return c == '\n' || c == '\r' || c == ' '; }))
    fail(ExitCode::data, where, "is empty; it needs a line per row");
}

// Names, and what the first rows say about the types.
struct CsvLayout {
  bool header = false;
  std::vector<ColumnBuilder> columns;
};

void name_columns(CsvLayout& layout, const std::vector<std::string_view>& first,
                  const std::string& where) {
  std::set<std::string> seen;
  for (size_t i = 0; i < first.size(); ++i) {
    ColumnBuilder& column = layout.columns.emplace_back();
    column.name = layout.header ? std::string(trimmed_cell(first[i])) : std::to_string(i);
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

CsvLayout csv_layout(std::string_view text, const std::string& where, const CsvOptions& options) {
  CsvLayout layout;
  CsvRecords records(text, delimiter_of(options), where);
  std::vector<std::string_view> cells;
  records.next(cells);
  if (options.delimiter == ",") check_delimiter(cells, where);
  layout.header = options.header == "yes" ||
                  (options.header == "auto" && std::none_of(cells.begin(), cells.end(), is_number));
  name_columns(layout, cells, where);
  std::vector<int> numbers(cells.size(), 0);
  int rows = 0;
  for (bool more = layout.header ? records.next(cells) : true; more && rows < kSampleRows;
       more = records.next(cells), ++rows)
    for (size_t i = 0; i < std::min(cells.size(), numbers.size()); ++i)
      numbers[i] += is_number(cells[i]);
  if (rows == 0) fail(ExitCode::data, where, "has a header and no rows; add a line per row");
  for (size_t i = 0; i < numbers.size(); ++i) layout.columns[i].text = 2 * numbers[i] < rows;
  for (const auto& name : options.text) {
    std::vector<std::string> known;
    for (auto& column : layout.columns) {
      known.push_back(column.name);
      if (column.name == name) column.text = true;
    }
    if (std::find(known.begin(), known.end(), name) == known.end())
      fail(ExitCode::data, where, "there is no column '{}' to keep as text{}", name,
           did_you_mean(name, known));
  }
  return layout;
}

}  // namespace

Table parse_csv(std::string_view text, const std::string& where, const CsvOptions& options) {
  check_text(text, where);
  CsvLayout layout = csv_layout(text, where, options);
  CsvRecords records(text, delimiter_of(options), where);
  std::vector<std::string_view> cells;
  Table table;
  table.source = where;
  if (layout.header) records.next(cells);
  while (records.next(cells)) {
    if (cells.size() != layout.columns.size())
      fail(ExitCode::data, fmt::format("{}:{}", where, records.line()),
           "has {} cells, the first line has {}; every line needs as many", cells.size(),
           layout.columns.size());
    for (size_t i = 0; i < cells.size(); ++i)
      layout.columns[i].add(cells[i], where, records.line());
    table.lines.push_back(records.line());
  }
  for (auto& column : layout.columns) table.columns.push_back(column.finish());
  return table;
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

Csv::Csv(CsvOptions options) : options_(std::move(options)) {
  delimiter_of(options_);
  if (options_.path.empty()) fail("Csv", "names no file; write csv: train.csv");
}

Table Csv::load(const std::filesystem::path& folder) const {
  const auto files = shard_files(folder / options_.path, kCsvEndings);
  if (files.size() == 1) return read_csv(files[0], options_);
  std::vector<Table> tables;
  for (const auto& file : files) tables.push_back(read_csv(file, options_));
  return concatenated(tables, (folder / options_.path).string());
}

std::shared_ptr<const ShardedRows> Csv::open(const std::filesystem::path& folder,
                                             const ShardedRowsOptions& options,
                                             const IndexOptions& index) const {
  return csv_rows(folder / options_.path, options_, {}, options, index);
}

Table read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  return parse_csv(FileSystem::current().read(path), path.string(), options);
}

}  // namespace tutti
