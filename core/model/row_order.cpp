#include "core/model/row_order.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr int64_t kFewRows = 4096;
constexpr size_t kMostOrders = 128;  // that a thread keeps: 4 MiB at most

// A copy whose size the compiler knows is a few instructions; a call costs more than a small row.
template <size_t kBytes>
void copy_fixed(const std::byte* source, std::span<const int64_t> rows, std::byte* target) {
  for (const int64_t row : rows) {
    std::memcpy(target, source + static_cast<size_t>(row) * kBytes, kBytes);
    target += kBytes;
  }
}

// A sweep trains one small model after the other on the same rows, in the same orders.
std::shared_ptr<const std::vector<int64_t>> whole_order(uint64_t seed, int64_t epoch,
                                                        const Permutation& permutation) {
  using Key = std::tuple<uint64_t, int64_t, int64_t>;
  thread_local std::map<Key, std::shared_ptr<const std::vector<int64_t>>> orders;
  if (orders.size() >= kMostOrders) orders.clear();
  auto& known = orders[{seed, epoch, permutation.size()}];
  if (!known) {
    std::vector<int64_t> order(static_cast<size_t>(permutation.size()));
    permutation.fill(0, order);
    known = std::make_shared<const std::vector<int64_t>>(std::move(order));
  }
  return known;
}

}  // namespace

RowOrder::RowOrder(uint64_t seed, int64_t epoch, int64_t rows, bool shuffle)
    : permutation_(seed, epoch, rows), shuffle_(shuffle) {
  if (shuffle && rows <= kFewRows) known_ = whole_order(seed, epoch, permutation_);
}

void RowOrder::fill(int64_t first, std::span<int64_t> rows) const {
  if (known_) {
    std::copy_n(known_->begin() + first, rows.size(), rows.begin());
    return;
  }
  if (shuffle_) return permutation_.fill(first, rows);
  for (int64_t& row : rows) row = first++;
}

void copy_rows(const Tensor& source, std::span<const int64_t> rows, void* target) {
  const int64_t count = source.rows();
  for (const int64_t row : rows)
    if (row < 0 || row >= count)
      fail(ExitCode::internal, "copy_rows", "row {} is outside {}; use 0 to {}", row,
           to_string(source.shape()), count - 1);
  const std::byte* from = source.raw();
  auto* to = static_cast<std::byte*>(target);
  const size_t bytes =
      static_cast<size_t>(source.shape().elements_per_row()) * size_of(source.dtype());
  switch (bytes) {
    case 0:
      return;
    case 4:
      return copy_fixed<4>(from, rows, to);
    case 8:
      return copy_fixed<8>(from, rows, to);
    case 16:
      return copy_fixed<16>(from, rows, to);
    case 64:
      return copy_fixed<64>(from, rows, to);
    default:
      break;
  }
  for (const int64_t row : rows) {
    std::memcpy(to, from + static_cast<size_t>(row) * bytes, bytes);
    to += bytes;
  }
}

}  // namespace tutti
