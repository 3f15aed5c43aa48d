#include "core/ops/pooling.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/ops/arg_reduce.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/take_along.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

// How many elements of the input each window covers, shape (o.., 1).
Tensor covered(const Shape& x, const Windows& windows) {
  const size_t axes = windows.size.size();
  const std::vector<int64_t> extents{x.dims().begin() + 1, x.dims().end() - 1};
  std::vector<int64_t> positions = windows.positions(extents, "average_pool");
  std::vector<double> counts{1};
  for (size_t axis = 0; axis < axes; ++axis) {
    std::vector<double> longer;
    for (const double count : counts)
      for (int64_t o = 0; o < positions[axis]; ++o) {
        int64_t inside = 0;
        for (int64_t k = 0; k < windows.size[axis]; ++k) {
          const int64_t i =
              o * windows.stride[axis] - windows.before[axis] + k * windows.dilation[axis];
          inside += i >= 0 && i < extents[axis];
        }
        longer.push_back(count * static_cast<double>(inside));
      }
    counts = std::move(longer);
  }
  positions.push_back(1);
  return Tensor::from(counts, Shape(std::move(positions)));
}

}  // namespace

Value max_pool(const Value& x, const Windows& windows) {
  const Value seen = patches(x, windows, -std::numeric_limits<double>::infinity());
  std::vector<int> order(static_cast<size_t>(seen.shape().rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  const Value candidates = transpose(seen, order);
  return take_along(candidates, argmax(candidates));
}

Value average_pool(const Value& x, const Windows& windows) {
  const Value sums = reduce_sum(patches(x, windows), {-2});
  const auto none = [](const std::vector<int64_t>& list) {
    return std::ranges::all_of(list, [](int64_t value) { return value == 0; });
  };
  if (none(windows.before) && none(windows.after))
    return sums / static_cast<double>(windows.elements());
  return sums / Value(covered(x.shape(), windows).to(x.dtype()));
}

}  // namespace tutti
