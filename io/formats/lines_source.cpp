// Text files of lines as a source of data: a line is a row.
#include <algorithm>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "io/data_source.h"
#include "io/formats/gzip.h"
#include "io/sharded/row_files.h"
#include "io/sharded/row_tables.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

struct LinesOptions {
  std::string path;
  std::string labels = "none";
  std::string delimiter = "tab";
};

// The files of all classes, and of each file its class; no classes: files alone.
struct LineFiles {
  std::vector<fs::path> files;
  std::vector<std::string> classes;
};

LineFiles files_of(const fs::path& path, bool by_class) {
  if (!by_class) return {shard_files(path, kTextEndings), {}};
  LineFiles all;
  for (const auto& name : FileSystem::current().list(path)) {
    std::error_code unseen;
    if (name.starts_with(".") || !fs::is_directory(path / name, unseen)) continue;
    for (auto& file : shard_files(path / name, kTextEndings)) {
      all.files.push_back(std::move(file));
      all.classes.push_back(name);
    }
  }
  if (all.files.empty())
    fail(ExitCode::data, path.string(),
         "holds no folders of text; make one for each class, or leave out labels: folder");
  return all;
}

// What a line is, by the options: its columns.
class LineColumns {
 public:
  // `delimiter`: behind the label that a line begins with; 0 where it has none.
  LineColumns(bool labelled, char delimiter) : labelled_(labelled), delimiter_(delimiter) {}

  // `folder_class`: its label, where it is no part of the line. Throws BadRecord.
  template <typename Place>
  void add(std::string_view line, const std::string& folder_class, const Place& place) {
    if (delimiter_ != 0) {
      const size_t end = line.find(delimiter_);
      if (end == std::string_view::npos || end == 0)
        throw BadRecord(fmt::format(
            "[{}] has no label with the delimiter behind it; write both before the text", place()));
      label_.text.emplace_back(line.substr(0, end));
      line.remove_prefix(end + 1);
    } else if (labelled_) {
      label_.text.push_back(folder_class);
    }
    text_.text.emplace_back(line);
  }
  Table table(const std::string& source, std::vector<int64_t> taken) && {
    Table table{source, {std::move(text_)}, {}, "", std::move(taken)};
    if (!labelled_) return table;
    table.label = label_.name;
    table.columns.push_back(std::move(label_));
    return table;
  }

 private:
  bool labelled_;
  char delimiter_;
  Column text_{"text", {}, {}}, label_{"label", {}, {}};
};

class LineTables final : public RowTables {
 public:
  LineTables(std::string source, LineFiles files, LineColumns columns, const IndexOptions& index)
      : source_(std::move(source)),
        classes_(std::move(files.classes)),
        columns_(std::move(columns)),
        lines_(std::move(files.files), line_framing(), index) {}

  int64_t rows() const override { return lines_.records(); }
  std::string place(int64_t row) const override { return lines_.place(row); }
  std::vector<DataStamp> stamps() const override { return lines_.stamps(); }
  Table read(std::span<const int64_t> rows) const override {
    static const std::string none;
    thread_local std::vector<char> buffer;
    LineColumns columns = columns_;
    for (const int64_t row : rows)
      columns.add(lines_.read(row, buffer), classes_.empty() ? none : classes_[lines_.file_of(row)],
                  [&] { return place(row); });
    return std::move(columns).table(source_, {rows.begin(), rows.end()});
  }

 private:
  std::string source_;
  std::vector<std::string> classes_;  // of each file
  LineColumns columns_;               // without rows
  ShardFiles lines_;
};

// {lines: reviews, labels: folder}: the columns "text" and, where lines have one, "label".
class LinesSource final : public DataSource {
 public:
  using Options = LinesOptions;
  explicit LinesSource(LinesOptions options) : options_(std::move(options)) {
    if (options_.delimiter != "tab" && options_.delimiter.size() != 1)
      fail("lines", "delimiter '{}' is not one character; use one, or tab", options_.delimiter);
  }
  const LinesOptions& options() const { return options_; }

  Table load(const fs::path& folder) const override {
    const auto path = folder / options_.path;
    const LineFiles all = files_of(path, by_class());
    LineColumns columns = empty_columns();
    for (size_t i = 0; i < all.files.size(); ++i) {
      const std::string bytes = read_unpacked(all.files[i]);
      int64_t number = 0;
      for (std::string_view left = bytes; !left.empty();) {
        std::string_view line = left.substr(0, left.find('\n'));
        left.remove_prefix(std::min(line.size() + 1, left.size()));
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty())
          columns.add(line, by_class() ? all.classes[i] : std::string(),
                      [&] { return fmt::format("{}:{}", all.files[i].string(), number); });
      }
    }
    Table table = std::move(columns).table(path.string(), {});
    if (table.rows() == 0) fail(ExitCode::data, path.string(), "holds no line of text; add some");
    return table;
  }
  std::vector<fs::path> files(const fs::path& folder) const override {
    return files_of(folder / options_.path, by_class()).files;
  }
  std::shared_ptr<const RowTables> open(const fs::path& folder,
                                        const IndexOptions& index) const override {
    const auto path = folder / options_.path;
    return std::make_shared<LineTables>(path.string(), files_of(path, by_class()), empty_columns(),
                                        index);
  }

 private:
  bool by_class() const { return options_.labels == "folder"; }
  LineColumns empty_columns() const {
    const char delimiter = options_.delimiter == "tab" ? '\t' : options_.delimiter[0];
    return {options_.labels != "none", options_.labels == "first" ? delimiter : '\0'};
  }

  LinesOptions options_;
};

TUTTI_REGISTER(DataSource, LinesSource, "Lines", "text files in which each line is a row")
    .required("path", &LinesOptions::path, "a file, a folder of .txt files or a pattern")
    .choice("labels", &LinesOptions::labels, {"none", "folder", "first"},
            "what a line's label is: nothing, its folder's name in path, or what stands before its "
            "first delimiter")
    .argument("delimiter", &LinesOptions::delimiter, "one character, or tab");

}  // namespace
}  // namespace tutti
