#include "io/formats/csv.h"

#include <algorithm>

#include "core/base/error.h"
#include "io/formats/csv_columns.h"
#include "io/formats/csv_records.h"
#include "io/formats/gzip.h"
#include "io/sharded/csv_tables.h"
#include "io/sharded/row_files.h"

namespace tutti {
namespace {

TUTTI_REGISTER(DataSource, Csv, "Csv",
               "comma-separated values; the first line may name the columns")
    .required("path", &CsvOptions::path, "the file, a folder of files or a pattern (part-*.csv)")
    .argument("delimiter", &CsvOptions::delimiter, "one character between cells, or tab")
    .choice("header", &CsvOptions::header, {"auto", "yes", "no"},
            "whether the first line names the columns")
    .argument("text", &CsvOptions::text, "columns to keep as text though they look like numbers");

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

}  // namespace

Table parse_csv(std::string_view text, const std::string& where, const CsvOptions& options) {
  check_text(text, where);
  std::vector<std::string_view> cells;
  CsvRecords first(text, delimiter_of(options), where);
  CsvHead head = csv_head([&](auto& into) { return first.next(into); }, where, options);
  CsvRecords records(text, delimiter_of(options), where);
  Table table;
  table.source = where;
  if (head.header) records.next(cells);
  while (records.next(cells)) {
    if (cells.size() != head.columns.size())
      fail(ExitCode::data, fmt::format("{}:{}", where, records.line()),
           "has {} cells, the first line has {}; every line needs as many", cells.size(),
           head.columns.size());
    for (size_t i = 0; i < cells.size(); ++i)
      if (!head.columns[i].take(cells[i]))
        head.columns[i].refuse(cells[i], fmt::format("{}:{}", where, records.line()));
    table.lines.push_back(records.line());
  }
  for (auto& column : head.columns) table.columns.push_back(column.finish());
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

std::vector<std::filesystem::path> Csv::files(const std::filesystem::path& folder) const {
  return shard_files(folder / options_.path, kCsvEndings);
}

std::shared_ptr<const RowTables> Csv::open(const std::filesystem::path& folder,
                                           const IndexOptions& index) const {
  return csv_tables(folder / options_.path, options_, index);
}

Table read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  return parse_csv(read_unpacked(path), path.string(), options);
}

}  // namespace tutti
