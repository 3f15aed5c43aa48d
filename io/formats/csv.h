// Comma-separated values, RFC 4180: cells may be quoted, quotes inside are doubled, lines end in \n
// or \r\n. Numbers are read alike in every locale.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/data_source.h"

namespace tutti {

struct CsvOptions {
  std::string path;               // a file, a folder of them, or a pattern: shard_files
  std::string delimiter = ",";    // one character, or "tab"
  std::string header = "auto";    // auto: the first line is one if none of its cells is a number
  std::vector<std::string> text;  // columns to keep as text though they look like numbers
};

class Csv final : public DataSource {
 public:
  using Options = CsvOptions;
  explicit Csv(CsvOptions options);
  const CsvOptions& options() const { return options_; }
  Table load(const std::filesystem::path& folder) const override;
  std::vector<std::filesystem::path> files(const std::filesystem::path& folder) const override;
  std::shared_ptr<const RowTables> open(const std::filesystem::path& folder,
                                        const IndexOptions& index) const override;

 private:
  CsvOptions options_;
};

// The file, as parse_csv reads it; options.path is not used.
Table read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

// Columns whose cells are whole numbers become i64, other numbers f64; a column most of whose first
// 1000 cells are no numbers becomes text. Without a header the columns are named "0", "1", ...
// Errors name file, line and column: a ragged line, a cell that is no number in a column of
// numbers, NaN or infinity, a NUL byte, no rows, more than 100,000 columns, a line longer than 16
// MiB.
Table parse_csv(std::string_view text, const std::string& where, const CsvOptions& options);

// The tables text for a reader that keeps to RFC 4180; cells are quoted where they must be.
std::string csv_cell(std::string_view text);

}  // namespace tutti
