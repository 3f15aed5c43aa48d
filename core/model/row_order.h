// Which row of the data a place in the epoch takes, and the copying of rows into a batch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/permutation.h"
#include "core/tensor/tensor.h"

namespace tutti {

// A pure function of (seed, epoch, rows, shuffle): every rank asks for its own places only.
class RowOrder {
 public:
  RowOrder(uint64_t seed, int64_t epoch, int64_t rows, bool shuffle);

  int64_t rows() const { return permutation_.size(); }
  int64_t operator[](int64_t place) const { return shuffle_ ? permutation_[place] : place; }
  // The rows at places first, first + 1, ... of the epoch, one for each element of `rows`.
  void fill(int64_t first, std::span<int64_t> rows) const;

 private:
  Permutation permutation_;
  bool shuffle_;
  std::shared_ptr<const std::vector<int64_t>> known_;  // the whole order, of few rows
};

// Copies rows of `source` (on the host) behind each other to `target`, which has room for them.
// Throws on a row outside the source.
void copy_rows(const Tensor& source, std::span<const int64_t> rows, void* target);

}  // namespace tutti
