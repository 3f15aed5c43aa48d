// Rows of data sets of any size as columns of a pipeline make them of tables: what Dataset is to a
// table that is all in memory, row by row to the same bits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/model/row_source.h"
#include "io/columns.h"
#include "io/sharded/bad_records.h"
#include "io/sharded/row_tables.h"

namespace tutti {

struct StreamedRowsOptions {
  BadRecords bad_records = BadRecords::fatal;
  bool with_outputs = true;  // false: a table may lack the columns of outputs, as for predict
};

// One of the pipeline's outputs, and what its labels have to be: throws Error (data) if they are
// not.
struct StreamedOutput {
  size_t output = 0;
  std::function<void(const Tensor&)> check = {};
};

// A record that makes no row of the pipeline (a class that no training row has, a number that is
// none) is a bad one, too.
class StreamedRows final : public RowSource {
 public:
  // `columns` are fitted. Throws where all of the first thousand rows are bad, and for columns that
  // stay text or are windows of a series: those have to be in memory.
  StreamedRows(RowTablesPtr tables, RowList rows, ColumnPipeline columns,
               StreamedRowsOptions options = {});

  // The same rows with these outputs in this order.
  std::shared_ptr<const StreamedRows> with_outputs(std::vector<StreamedOutput> outputs) const;
  // Copies of some of them.
  Dataset read(std::span<const int64_t> rows) const;

  int64_t rows() const override { return list_.size(); }
  std::vector<RowColumn> inputs() const override { return inputs_; }
  std::vector<RowColumn> outputs() const override { return outputs_; }
  bool has_weights(size_t output) const override { return skips() || weighted_[output]; }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_weights(size_t output, std::span<const int64_t> rows, float* into) const override;

  std::string place(int64_t row) const { return tables_->place(list_[row]); }
  std::vector<std::vector<std::string>> class_names() const { return class_names_; }
  // Of what decides every row: the records of the files by their checksums, the list, the columns.
  uint64_t digest() const;
  const PassedRows& passed() const { return passed_; }  // by their numbers here

 private:
  struct Decoded;

  bool skips() const { return options_.bad_records == BadRecords::skip; }
  void look_at_columns();
  void name_outputs(const Dataset& some);
  Dataset make(std::span<const int64_t> rows) const;
  Dataset without_bad(std::span<const int64_t> rows) const;
  const Dataset& decode(std::span<const int64_t> rows) const;

  RowTablesPtr tables_;
  RowList list_;
  ColumnPipeline columns_;
  StreamedRowsOptions options_;
  std::vector<StreamedOutput> chosen_;
  std::vector<RowColumn> inputs_, outputs_;
  std::vector<bool> weighted_;
  std::vector<std::vector<std::string>> class_names_;
  uint64_t serial_;  // of this source: what a thread decoded is of one
  mutable PassedRows passed_;
};
using StreamedRowsPtr = std::shared_ptr<const StreamedRows>;

}  // namespace tutti
