// Tables by rows: what DataSource::load() gives, a few rows at a time and never together in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/sharded/record_store.h"
#include "io/sharded/sharded_rows.h"
#include "io/table.h"

namespace tutti {

class RowTables {
 public:
  virtual ~RowTables() = default;
  virtual int64_t rows() const = 0;
  // These rows: the columns of load(), each of one dtype whatever the rows. Several threads read at
  // once. Throws BadRecord where one of them makes no row, Error where reading itself fails.
  virtual Table read(std::span<const int64_t> rows) const = 0;
  virtual std::string place(int64_t row) const = 0;  // "train-3.csv record 7 (byte 812)"
  virtual std::vector<DataStamp> stamps() const = 0;
};
using RowTablesPtr = std::shared_ptr<const RowTables>;

// The columns of rows of numbers: their inputs, then their only output, if they have one, as the
// table's label; `classes`: what its numbers stand for, if it is text.
RowTablesPtr tables_of(ShardedRowsPtr rows, const std::string& source,
                       std::vector<std::string> classes = {});

// Some rows of a data set by their numbers there: all of them, or those of a list.
class RowList {
 public:
  RowList() = default;  // none
  static RowList all(int64_t rows);
  explicit RowList(std::vector<int64_t> rows);

  int64_t size() const { return size_; }
  int64_t operator[](int64_t place) const {
    return rows_ ? (*rows_)[static_cast<size_t>(place)] : place;
  }
  const std::vector<int64_t>* list() const { return rows_.get(); }  // null for all

 private:
  std::shared_ptr<const std::vector<int64_t>> rows_;
  int64_t size_ = 0;
};

// Calls it with tables of these rows, in order, of about a mebibyte each. `skip`: without those
// that are bad.
void for_tables(const RowTables& tables, const RowList& rows, bool skip,
                const std::function<void(const Table&)>& each);

}  // namespace tutti
