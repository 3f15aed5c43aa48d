#include "core/ops/patches.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>

#include "core/base/error.h"
#include "core/ops/op_checks.h"

namespace tutti {
namespace {

constexpr size_t kMostAxes = 3;

void check_windows(const Windows& w, const char* where) {
  const size_t axes = w.size.size();
  const auto fits = [&](const std::vector<int64_t>& list, int64_t least) {
    return list.size() == axes && std::ranges::all_of(list, [&](int64_t value) {
             return value >= least && value <= INT32_MAX;
           });
  };
  if (axes < 1 || axes > kMostAxes)
    fail(where, "windows over {} axes are not known; use 1 to {}", axes, kMostAxes);
  if (!fits(w.size, 1) || !fits(w.stride, 1) || !fits(w.dilation, 1) || !fits(w.before, 0) ||
      !fits(w.after, 0))
    fail(where,
         "windows {} need a size, stride and dilation of 1 or more and a padding of 0 or more for "
         "each of {} axes",
         w.text(), axes);
}

std::vector<int64_t> spatial_of(const Shape& shape, size_t axes) {
  return {shape.dims().begin() + 1, shape.dims().begin() + 1 + static_cast<int64_t>(axes)};
}

}  // namespace

int64_t Windows::elements() const { return Shape(size).elements(); }

std::vector<int64_t> Windows::positions(const std::vector<int64_t>& extents,
                                        const char* where) const {
  std::vector<int64_t> result;
  for (size_t axis = 0; axis < extents.size(); ++axis) {
    const int64_t reach = (size[axis] - 1) * dilation[axis] + 1;
    const int64_t padded = before[axis] + extents[axis] + after[axis];
    if (reach > padded)
      fail(where,
           "a window of {} over {} elements does not fit the {} with padding of axis {}; make it "
           "smaller or pad more",
           size[axis], reach, padded, axis + 1);
    result.push_back((padded - reach) / stride[axis] + 1);
  }
  return result;
}

std::string Windows::text() const {
  return fmt::format("size=[{}] stride=[{}] dilation=[{}] before=[{}] after=[{}]",
                     fmt::join(size, ","), fmt::join(stride, ","), fmt::join(dilation, ","),
                     fmt::join(before, ","), fmt::join(after, ","));
}

std::vector<ValueType> PatchesOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("patches", inputs, 1);
  check_windows(windows_, "patches");
  const ValueType& x = inputs[0];
  const size_t axes = windows_.size.size();
  require_floating("patches", x);
  if (x.kind == ValueKind::partial || x.shape.rank() != static_cast<int>(axes) + 2)
    fail("patches", "takes a batch, {} spatial axes and channels, got {}; reshape it", axes,
         to_string(x));
  std::vector<int64_t> dims{x.shape[0]};
  for (const int64_t extent : windows_.positions(spatial_of(x.shape, axes), "patches"))
    dims.push_back(extent);
  dims.push_back(windows_.elements());
  dims.push_back(x.shape[-1]);
  return {{x.dtype, Shape(std::move(dims)), x.kind}};
}

std::vector<Value> PatchesOp::gradient(const std::shared_ptr<Node>& node,
                                       std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  return {fold(output_gradients[0], windows_,
               spatial_of(node->inputs[0].shape(), windows_.size.size()))};
}

std::string PatchesOp::parameters() const {
  return fmt::format("{} fill={}", windows_.text(), fill_);
}

std::vector<ValueType> FoldOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("fold", inputs, 1);
  check_windows(windows_, "fold");
  const ValueType& y = inputs[0];
  const size_t axes = windows_.size.size();
  require_floating("fold", y);
  if (y.kind == ValueKind::partial || extents_.size() != axes ||
      y.shape.rank() != static_cast<int>(axes) + 3 ||
      spatial_of(y.shape, axes) != windows_.positions(extents_, "fold") ||
      y.shape[-2] != windows_.elements())
    fail("fold", "{} is not what windows {} see of [{}]; give it the shape that patches makes",
         to_string(y), windows_.text(), fmt::join(extents_, ", "));
  std::vector<int64_t> dims{y.shape[0]};
  dims.insert(dims.end(), extents_.begin(), extents_.end());
  dims.push_back(y.shape[-1]);
  return {{y.dtype, Shape(std::move(dims)), y.kind}};
}

std::vector<Value> FoldOp::gradient(const std::shared_ptr<Node>&,
                                    std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  return {patches(output_gradients[0], windows_)};
}

std::string FoldOp::parameters() const {
  return fmt::format("{} extents=[{}]", windows_.text(), fmt::join(extents_, ","));
}

Value patches(const Value& x, const Windows& windows, double fill) {
  return make_node(std::make_shared<PatchesOp>(windows, fill), {x});
}
Value fold(const Value& y, const Windows& windows, const std::vector<int64_t>& extents) {
  return make_node(std::make_shared<FoldOp>(windows, extents), {y});
}

}  // namespace tutti
