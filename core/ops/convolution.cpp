#include "core/ops/convolution.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

void check_kernel(const Value& kernel, const Windows& windows, const char* where) {
  const auto& dims = kernel.shape().dims();
  if (dims.size() != windows.size.size() + 2 ||
      !std::equal(windows.size.begin(), windows.size.end(), dims.begin()))
    fail(where, "a kernel of {} does not belong to windows {}; its first axes are their size",
         to_string(kernel.shape()), windows.text());
}

// One element, in place: the product of the input itself.
bool is_pointwise(const Windows& windows) {
  const auto all = [](const std::vector<int64_t>& list, int64_t value) {
    return std::ranges::all_of(list, [&](int64_t it) { return it == value; });
  };
  return all(windows.size, 1) && all(windows.stride, 1) && all(windows.before, 0) &&
         all(windows.after, 0);
}

Value without_groups(const Value& x, const Value& kernel, const Windows& windows) {
  const int64_t filters = kernel.shape()[-1];
  if (is_pointwise(windows)) return matmul(x, reshape(kernel, {x.shape()[-1], filters}));
  const Value seen = patches(x, windows);
  std::vector<int64_t> dims = seen.shape().dims();
  const int64_t depth = dims[dims.size() - 2] * dims.back();
  dims.pop_back();
  dims.back() = depth;
  return matmul(reshape(seen, Shape(std::move(dims))), reshape(kernel, {depth, filters}));
}

}  // namespace

Value convolution(const Value& x, const Value& kernel, const Windows& windows, int64_t groups) {
  check_kernel(kernel, windows, "convolution");
  const int64_t channels = x.shape()[-1], filters = kernel.shape()[-1];
  if (groups < 1 || channels % groups != 0 || filters % groups != 0 ||
      kernel.shape()[-2] != channels / groups)
    fail("convolution",
         "{} groups do not divide {} channels and {} filters with a kernel of {}; make them agree",
         groups, channels, filters, to_string(kernel.shape()));
  if (groups == 1) return without_groups(x, kernel, windows);
  const auto inputs = split(x, static_cast<int>(groups));
  const auto kernels = split(kernel, static_cast<int>(groups));
  std::vector<Value> outputs;
  for (size_t g = 0; g < inputs.size(); ++g)
    outputs.push_back(without_groups(inputs[g], kernels[g], windows));
  return concatenate(outputs, -1);
}

Value depthwise_convolution(const Value& x, const Value& kernel, const Windows& windows) {
  check_kernel(kernel, windows, "depthwise_convolution");
  const int64_t channels = kernel.shape()[-2], times = kernel.shape()[-1];
  if (x.shape()[-1] != channels)
    fail("depthwise_convolution", "the input has {} channels, the kernel {} is for {}",
         x.shape()[-1], to_string(kernel.shape()), channels);
  const Value seen = patches(x, windows);
  const Value weights = reshape(kernel, {windows.elements(), channels, times});
  const Value y = reduce_sum(expand_dims(seen, -1) * weights, {-3});
  std::vector<int64_t> dims = y.shape().dims();
  dims.pop_back();
  dims.back() = channels * times;
  return reshape(y, Shape(std::move(dims)));
}

Value convolution_transpose(const Value& y, const Value& kernel, const Windows& windows,
                            const std::vector<int64_t>& extents) {
  check_kernel(kernel, windows, "convolution_transpose");
  const int64_t filters = kernel.shape()[-2], channels = kernel.shape()[-1];
  const Value product =
      matmul(y, reshape(kernel, {windows.elements() * filters, channels}), false, true);
  std::vector<int64_t> dims = product.shape().dims();
  dims.back() = windows.elements();
  dims.push_back(filters);
  return fold(reshape(product, Shape(std::move(dims))), windows, extents);
}

}  // namespace tutti
