// Rows of a job's data, in memory or read as they are taken, and where each came from.
#pragma once

#include <string>
#include <vector>

#include "core/tensor/class_labels.h"
#include "io/dataset.h"
#include "io/sharded/streamed_rows.h"

namespace tutti {

// An output of them, and what checks its labels.
struct CheckedOutput {
  size_t output = 0;
  std::function<void(const Tensor& labels, const RowPlace& place)> check = {};
};

struct DataPart {
  Dataset rows;              // those in memory
  StreamedRowsPtr streamed;  // or these
  RowPlace place;

  int64_t count() const { return streamed ? streamed->rows() : rows.rows(); }
  RowSourcePtr source() const { return streamed ? streamed : RowSourcePtr(rows); }
  // Of each output, what its class indices stand for.
  std::vector<std::vector<std::string>> class_names() const;
  uint64_t digest() const;  // of all that decides the rows; streamed ones are not read for it
  // These outputs in this order, their labels checked: at once, or as they are read.
  DataPart with_outputs(std::vector<CheckedOutput> outputs) const;
  Dataset in_memory(int64_t begin, int64_t end) const;  // some of them; those streamed are read
};

}  // namespace tutti
