#include "io/sharded/row_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "io/formats/csv_columns.h"
#include "io/formats/csv_number.h"
#include "io/formats/csv_records.h"
#include "io/sharded/unpacked_file.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostPictureFileBytes = uint64_t{1} << 28;
constexpr int64_t kRowsThatTell = 1000;  // whether a label is whole numbers

bool is_cell_number(const std::string& cell) {
  double value;
  return parse_cell(cell, value) == CellKind::number;
}

// As a table without names has them: "0", "1", ...; and where a header leaves one out.
std::vector<std::string> column_names(const std::vector<std::string>& first, bool header) {
  std::vector<std::string> names;
  for (size_t i = 0; i < first.size(); ++i) {
    const std::string_view name = header ? trimmed_cell(first[i]) : std::string_view();
    names.push_back(name.empty() ? std::to_string(i) : std::string(name));
  }
  return names;
}

bool whole_so_far(const ShardFiles& records, const CsvRowOptions& rows, const std::string& label) {
  const auto column = static_cast<size_t>(std::find(rows.names.begin(), rows.names.end(), label) -
                                          rows.names.begin());
  std::vector<char> buffer;
  std::vector<std::string_view> cells;
  for (int64_t i = 0; i < std::min(kRowsThatTell, records.records()); ++i) {
    const std::string where = records.place(i);
    CsvRecords record(records.read(i, buffer), rows.delimiter, where);
    double value = 0;
    if (!record.next(cells) || column >= cells.size() ||
        parse_cell(cells[column], value) != CellKind::number)
      continue;  // a bad record, whatever the label is
    if (value != static_cast<double>(static_cast<int64_t>(value))) return false;
  }
  return true;
}

}  // namespace

ShardedRowsPtr tfrecord_rows(const fs::path& path, std::vector<FeatureColumn> features,
                             const ShardedRowsOptions& options, const IndexOptions& index) {
  auto records =
      std::make_shared<ShardFiles>(shard_files(path, kTFRecordEndings), tfrecord_framing(), index);
  return std::make_shared<ShardedRows>(
      std::vector<RowPart>{{std::move(records), example_decoder(std::move(features))}}, options);
}

CsvFiles open_csv(const fs::path& path, const CsvOptions& csv, const IndexOptions& index) {
  const auto files = shard_files(path, kCsvEndings);
  CsvFiles opened{nullptr, delimiter_of(csv), csv.header == "yes", {}};
  for (const auto& one : files) {
    const auto first = csv_first_record(DataFile(unpacked_file(one, index)), opened.delimiter);
    if (first.empty()) fail(ExitCode::data, one.string(), "is empty; it needs a line per row");
    if (opened.names.empty()) {
      if (csv.header == "auto")
        opened.header = std::none_of(first.begin(), first.end(), is_cell_number);
      opened.names = column_names(first, opened.header);
    } else if (column_names(first, opened.header) != opened.names) {
      fail(ExitCode::data, one.string(), "has other columns than {}; every file needs {}",
           files[0].string(), fmt::join(opened.names, ", "));
    }
  }
  opened.records =
      std::make_shared<ShardFiles>(files, csv_framing(opened.delimiter, opened.header), index);
  return opened;
}

ShardedRowsPtr csv_rows(const fs::path& path, const CsvOptions& csv,
                        const std::map<std::string, std::vector<std::string>>& classes,
                        const ShardedRowsOptions& options, const IndexOptions& index) {
  CsvFiles files = open_csv(path, csv, index);
  CsvRowOptions rows;
  rows.delimiter = files.delimiter, rows.names = std::move(files.names);
  rows.labels = options.outputs, rows.classes = classes;
  for (const auto& label : rows.labels)
    rows.dtypes[label] = whole_so_far(*files.records, rows, label) ? DType::i32 : DType::f32;
  return std::make_shared<ShardedRows>(
      std::vector<RowPart>{{std::move(files.records), csv_decoder(std::move(rows))}}, options);
}

ShardedRowsPtr array_rows(ArrayKind kind,
                          const std::vector<std::pair<std::string, fs::path>>& columns,
                          const ShardedRowsOptions& options, const IndexOptions& index) {
  const auto& endings = kind == ArrayKind::npy   ? kNpyEndings
                        : kind == ArrayKind::npz ? kNpzEndings
                                                 : kIdxEndings;
  std::vector<RowPart> parts;
  for (const auto& [name, path] : columns) {
    const auto files = shard_files(path, endings);
    const std::string member = kind == ArrayKind::npz ? name : "";
    const auto layout_of = [&](const fs::path& file) {
      return array_layout(DataFile(unpacked_file(file, index)), kind, member);
    };
    const ArrayLayout first = layout_of(files[0]);
    for (const auto& file : files) {
      const ArrayLayout layout = layout_of(file);
      if (layout.shape.tail() != first.shape.tail() || layout.stored_type != first.stored_type)
        fail(ExitCode::data, file.string(), "has rows of {} {}, {} has rows of {} {}; use one kind",
             layout.stored_type, to_string(layout.shape.tail()), files[0].string(),
             first.stored_type, to_string(first.shape.tail()));
    }
    parts.push_back({std::make_shared<ShardFiles>(files, array_framing(kind, member), index),
                     array_decoder(name, first)});
  }
  if (parts.empty()) fail(ExitCode::data, "data", "no file is named; name one for each column");
  return std::make_shared<ShardedRows>(std::move(parts), options);
}

ShardedRowsPtr picture_rows(const fs::path& folder, const ImageLoading& loading,
                            const std::vector<std::string>& class_names,
                            const ShardedRowsOptions& options) {
  return listed_picture_rows(folder, loading,
                             list_pictures(folder, !options.outputs.empty(), class_names, false),
                             options);
}

ShardedRowsPtr listed_picture_rows(const fs::path& folder, const ImageLoading& loading,
                                   PictureList list, const ShardedRowsOptions& options) {
  if (list.files.empty())
    fail(ExitCode::data, folder.string(), "holds no pictures; name a folder of folders of them");
  auto records =
      std::make_shared<RecordFiles>(folder, std::move(list.files), kMostPictureFileBytes);
  return std::make_shared<ShardedRows>(
      std::vector<RowPart>{{std::move(records), picture_decoder(loading, std::move(list.labels))}},
      options);
}

}  // namespace tutti
