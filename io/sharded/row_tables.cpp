#include "io/sharded/row_tables.h"

#include <algorithm>

#include "core/base/error.h"

namespace tutti {
namespace {

class TablesOfRows final : public RowTables {
 public:
  TablesOfRows(ShardedRowsPtr rows, std::string source, std::vector<std::string> classes)
      : rows_(std::move(rows)), source_(std::move(source)), classes_(std::move(classes)) {}

  int64_t rows() const override { return rows_->rows(); }
  std::string place(int64_t row) const override { return rows_->place(row); }
  std::vector<DataStamp> stamps() const override { return rows_->stamps(); }
  Table read(std::span<const int64_t> rows) const override {
    Table table{source_, {}, {}, "", {rows.begin(), rows.end()}};
    const auto inputs = rows_->inputs(), outputs = rows_->outputs();
    for (size_t i = 0; i < inputs.size(); ++i) {
      Tensor values = room_for(inputs[i], rows.size());
      rows_->read_input(i, rows, values.raw());
      table.columns.push_back({inputs[i].name, std::move(values), {}});
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      Column& column = table.columns.emplace_back();
      column.name = table.label = outputs[i].name;
      Tensor values = room_for(outputs[i], rows.size());
      rows_->read_output(i, rows, values.raw());
      if (classes_.empty())
        column.values = std::move(values);
      else
        for (const int32_t label : values.span<int32_t>())
          column.text.push_back(classes_.at(static_cast<size_t>(label)));
    }
    return table;
  }

 private:
  static Tensor room_for(const RowColumn& column, size_t rows) {
    return Tensor::empty(column.shape.stacked(static_cast<int64_t>(rows)), column.dtype);
  }

  ShardedRowsPtr rows_;
  std::string source_;
  std::vector<std::string> classes_;
};

constexpr size_t kMostBytes = size_t{1} << 20, kMostRows = 4096;

size_t bytes_of(const Table& table) {
  size_t bytes = 0;
  for (const auto& column : table.columns) {
    if (!column.is_text()) bytes += column.values.bytes();
    for (const auto& text : column.text) bytes += sizeof text + text.size();
  }
  return bytes;
}

}  // namespace

RowTablesPtr tables_of(ShardedRowsPtr rows, const std::string& source,
                       std::vector<std::string> classes) {
  return std::make_shared<TablesOfRows>(std::move(rows), source, std::move(classes));
}

RowList RowList::all(int64_t rows) {
  RowList list;
  list.size_ = rows;
  return list;
}

RowList::RowList(std::vector<int64_t> rows)
    : rows_(std::make_shared<std::vector<int64_t>>(std::move(rows))),
      size_(static_cast<int64_t>(rows_->size())) {}

void for_tables(const RowTables& tables, const RowList& rows, bool skip,
                const std::function<void(const Table&)>& each) {
  std::vector<int64_t> some;
  for (int64_t begin = 0, count = 1; begin < rows.size();
       begin += static_cast<int64_t>(some.size())) {
    some.clear();
    for (int64_t i = begin; i < std::min(begin + count, rows.size()); ++i) some.push_back(rows[i]);
    try {
      const Table table = tables.read(some);
      const size_t of_row = std::max<size_t>(1, bytes_of(table) / some.size());
      count = static_cast<int64_t>(std::clamp<size_t>(kMostBytes / of_row, 1, kMostRows));
      each(table);
    } catch (const BadRecord&) {
      if (!skip) throw;
      for (size_t i = 0; i < some.size(); ++i) try {
          each(tables.read(std::span(some).subspan(i, 1)));
        } catch (const BadRecord&) {
        }
    }
  }
}

}  // namespace tutti
