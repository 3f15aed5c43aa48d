#include "io/sharded/csv_tables.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "io/config_json.h"
#include "io/formats/csv_columns.h"
#include "io/formats/csv_records.h"
#include "io/sharded/framings.h"
#include "io/sharded/row_files.h"
#include "io/stored.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

class CsvTables final : public RowTables {
 public:
  CsvTables(CsvFiles files, std::string source, const CsvOptions& csv, const IndexOptions& index)
      : files_(std::move(files)), source_(std::move(source)) {
    columns_ = first_rows(csv);
    keep_kinds(index);
  }

  int64_t rows() const override { return files_.records->records(); }
  std::string place(int64_t row) const override { return files_.records->place(row); }
  std::vector<DataStamp> stamps() const override { return files_.records->stamps(); }
  Table read(std::span<const int64_t> rows) const override {
    auto columns = columns_;
    for (const int64_t row : rows) take(row, columns);
    Table table{source_, {}, {}, "", {rows.begin(), rows.end()}};
    for (size_t i = 0; i < columns.size(); ++i) {
      columns[i].whole = columns_[i].whole;
      table.columns.push_back(columns[i].finish());
    }
    return table;
  }

 private:
  // The cells of a row, which live until the next call on this thread.
  const std::vector<std::string_view>& cells_of(int64_t row) const {
    thread_local std::vector<char> buffer;
    thread_local std::vector<std::string_view> cells;
    thread_local std::unique_ptr<CsvRecords> record;  // holds cells that were quoted
    static const std::string where = RecordDecoder::kRecord;
    record =
        std::make_unique<CsvRecords>(files_.records->read(row, buffer), files_.delimiter, where);
    try {
      if (!record->next(cells)) cells.clear();
    } catch (const Error& error) {
      throw BadRecord(fmt::format("[{}] {}", place(row), without_record_place(error.what())));
    }
    return cells;
  }
  void take(int64_t row, std::vector<CsvColumn>& columns) const {
    const auto& cells = cells_of(row);
    if (cells.size() != columns.size())
      throw BadRecord(
          fmt::format("[{}] has {} cells, the first line has {}; every line needs as many",
                      place(row), cells.size(), columns.size()));
    for (size_t i = 0; i < cells.size(); ++i)
      if (!columns[i].take(cells[i])) try {
          columns[i].refuse(cells[i], place(row));
        } catch (const Error& error) {
          throw BadRecord(error.what());
        }
  }

  std::vector<CsvColumn> first_rows(const CsvOptions& csv) const {
    const auto first = csv_first_record(DataFile(files_.records->read_from(0)), files_.delimiter);
    int64_t row = files_.header ? -1 : 0;  // the one that was given last
    bool begun = false;
    const auto next = [&](std::vector<std::string_view>& cells) {
      if (!std::exchange(begun, true)) {
        cells.assign(first.begin(), first.end());
        return true;
      }
      while (++row < rows()) try {
          cells = cells_of(row);
          return true;
        } catch (const BadRecord&) {  // says nothing of the columns
        }
      return false;
    };
    return csv_head(next, files_.records->files()[0].string(), csv).columns;
  }

  // Whether the numbers of each column are whole, of all rows that are good.
  void find_kinds() {
    for (int64_t row = 0; row < rows(); ++row) {
      const auto& cells = good_cells(row);
      for (size_t i = 0; i < cells.size(); ++i) {
        if (columns_[i].text) continue;
        columns_[i].take(cells[i]);
        columns_[i].values.clear();
      }
    }
  }
  const std::vector<std::string_view>& good_cells(int64_t row) const {
    static const std::vector<std::string_view> none;
    try {
      const auto& cells = cells_of(row);
      return cells.size() == columns_.size() ? cells : none;
    } catch (const BadRecord&) {
      return none;
    }
  }

  void keep_kinds(const IndexOptions& index) {
    Hasher of_all;
    for (const auto& stamp : stamps()) of_all.update(&stamp.content, sizeof stamp.content);
    for (const auto& column : columns_)
      of_all.update(column.name.c_str(), column.name.size() + 1).update(&column.text, 1);
    const fs::path path =
        index.folder / fmt::format("{}.{}.columns", files_.records->files()[0].filename().string(),
                                   hex16(of_all.digest()));
    FileSystem& files = FileSystem::current();
    if (!files.exists(path)) {
      if (!index.build)
        fail(ExitCode::data, path.string(), "is not there; let one rank make it first");
      find_kinds();
      Config::List whole;
      for (const auto& column : columns_) whole.push_back(column.whole);
      files.write_atomically(path, to_json(Config(std::move(whole))).dump());
      return;
    }
    const Config stored = parse_json(files.read(path, kMostBytes), path.string());
    if (!stored.is_list() || stored.as_list().size() != columns_.size())
      fail(ExitCode::data, path.string(), "is damaged; remove it");
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i].whole = stored.as_list()[i].as_bool();
  }

  static constexpr uint64_t kMostBytes = uint64_t{16} << 20;

  CsvFiles files_;
  std::string source_;
  std::vector<CsvColumn> columns_;  // without cells
};

}  // namespace

RowTablesPtr csv_tables(const fs::path& path, const CsvOptions& csv, const IndexOptions& index) {
  return std::make_shared<CsvTables>(open_csv(path, csv, index), path.string(), csv, index);
}

}  // namespace tutti
