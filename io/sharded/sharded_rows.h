// Rows of data sets of any size: read from their files when a batch takes them, and never together
// in memory.
//
//   auto rows = tfrecord_rows("train-*.tfrecord", features, {.outputs = {"label"}}, {.folder =
//   cache}); model.fit(rows, {.epochs = 3});
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/model/row_source.h"
#include "io/sharded/bad_records.h"
#include "io/sharded/record_decoder.h"
#include "io/sharded/record_store.h"

namespace tutti {

struct ShardedRowsOptions {
  std::vector<std::string> outputs = {};  // columns that are targets, in the model's order
  BadRecords bad_records = BadRecords::fatal;
};

// Some columns of all rows.
struct RowPart {
  std::shared_ptr<const RecordStore> records;
  RecordDecoderPtr decoder;
};

class ShardedRows final : public RowSource {
 public:
  // Record i of each part makes row i: parts have as many. Throws, naming both, where they have
  // not, and for an output that no part has.
  ShardedRows(std::vector<RowPart> parts, ShardedRowsOptions options = {});

  int64_t rows() const override { return parts_[0].records->records(); }
  std::vector<RowColumn> inputs() const override { return named(inputs_); }
  std::vector<RowColumn> outputs() const override { return named(outputs_); }
  bool has_weights(size_t) const override { return skips(); }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_weights(size_t output, std::span<const int64_t> rows, float* into) const override;

  std::string place(int64_t row) const { return parts_[0].records->place(row); }
  std::vector<DataStamp> stamps() const;  // of all files
  // Of the rows that were read: how many are bad, and what is wrong with the first hundred.
  int64_t bad_records() const { return passed_.count(); }
  std::vector<std::string> bad_record_messages() const { return passed_.messages(); }

 private:
  struct Place {
    size_t part, column;  // of the part's decoder
    bool operator==(const Place&) const = default;
  };
  struct Decoded;  // rows that a thread decoded last

  bool skips() const { return options_.bad_records == BadRecords::skip; }
  std::vector<RowColumn> named(const std::vector<Place>& places) const;
  void read(const Place& place, std::span<const int64_t> rows, void* into) const;
  void read_alone(const Place& place, std::span<const int64_t> rows, std::byte* into) const;
  size_t row_bytes(const Place& place) const;
  Decoded& decoded() const;  // by this thread
  void decode(std::span<const int64_t> rows, const Place& straight, std::byte* into) const;
  void decode_row(size_t part, int64_t row, const std::vector<void*>& into) const;

  std::vector<RowPart> parts_;
  ShardedRowsOptions options_;
  std::vector<Place> inputs_, outputs_;
  uint64_t serial_;  // of this source: what a thread decoded is of one
  mutable PassedRows passed_;
};
using ShardedRowsPtr = std::shared_ptr<const ShardedRows>;

}  // namespace tutti
