// patches: what windows that slide over the spatial axes see, side by side. fold is its adjoint.
//
//   patches x [n, s1 .. sd, c] -> [n, o1 .. od, k, c]     d of 1 to 3, k the window's elements
//   fold    y [n, o1 .. od, k, c] -> [n, s1 .. sd, c]     sums what windows saw of each element
//   o = (before + s + after - (size - 1) dilation - 1) / stride + 1, rounded down
//
// Padding reads as `fill`. A convolution is a product of patches with its kernel as a matrix, a
// pooling reduces them over k. A sum of fold begins at +0 and takes windows in row-major order.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

// One element of each list per spatial axis.
struct Windows {
  std::vector<int64_t> size, stride, dilation, before, after;

  int64_t elements() const;  // of one window
  // Output extents for spatial extents; throws "[where] ..." where no window fits.
  std::vector<int64_t> positions(const std::vector<int64_t>& extents, const char* where) const;
  std::string text() const;
};

class PatchesOp final : public Op {
 public:
  PatchesOp(Windows windows, double fill) : windows_(std::move(windows)), fill_(fill) {}
  std::string_view name() const override { return "patches"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override;
  const Windows& windows() const { return windows_; }
  double fill() const { return fill_; }

 private:
  Windows windows_;
  double fill_;
};

class FoldOp final : public Op {
 public:
  FoldOp(Windows windows, std::vector<int64_t> extents)
      : windows_(std::move(windows)), extents_(std::move(extents)) {}
  std::string_view name() const override { return "fold"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override;
  const Windows& windows() const { return windows_; }
  const std::vector<int64_t>& extents() const { return extents_; }

 private:
  Windows windows_;
  std::vector<int64_t> extents_;  // s1 .. sd
};

Value patches(const Value& x, const Windows& windows, double fill = 0);
Value fold(const Value& y, const Windows& windows, const std::vector<int64_t>& extents);
inline Tensor patches(const Tensor& x, const Windows& windows, double fill = 0) {
  return evaluate(patches(Value(x), windows, fill));
}
inline Tensor fold(const Tensor& y, const Windows& windows, const std::vector<int64_t>& extents) {
  return evaluate(fold(Value(y), windows, extents));
}

}  // namespace tutti
