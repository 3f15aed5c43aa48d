#include "core/base/shape.h"

#include <algorithm>

#include "core/base/error.h"

namespace tutti {
namespace {

int64_t product(const std::vector<int64_t>& dims, size_t from, const Shape& shape) {
  int64_t result = 1;
  for (size_t i = from; i < dims.size(); ++i) {
    if (dims[i] == kRows)
      fail("shape", "{} has no size yet: its rows are not bound", to_string(shape));
    if (dims[i] != 0 && result > kMaxElements / dims[i])
      fail("shape", "{} has more than 2^40 elements; make it smaller", to_string(shape));
    result *= dims[i];
  }
  return result;
}

}  // namespace

Shape::Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {
  for (size_t i = 0; i < dims_.size(); ++i) {
    if (dims_[i] < 0 && !(i == 0 && dims_[i] == kRows))
      fail("shape", "extent {} of axis {} is negative; extents are 0 or more", dims_[i], i);
    if (dims_[i] > kMaxElements)
      fail("shape", "extent {} of axis {} is more than 2^40 elements; make it smaller", dims_[i],
           i);
  }
}

int64_t Shape::operator[](int axis) const {
  return dims_[static_cast<size_t>(normalize_axis(axis, rank(), "shape"))];
}

int64_t Shape::elements() const { return product(dims_, 0, *this); }
int64_t Shape::elements_per_row() const { return product(dims_, 1, *this); }

Shape Shape::with_rows(int64_t rows) const {
  Shape bound = *this;
  if (has_rows()) bound.dims_[0] = rows;
  return bound;
}

Shape Shape::tail() const {
  Shape rest;
  if (!dims_.empty()) rest.dims_.assign(dims_.begin() + 1, dims_.end());
  return rest;
}

Shape Shape::stacked(int64_t count) const {
  std::vector<int64_t> dims{count};
  dims.insert(dims.end(), dims_.begin(), dims_.end());
  return Shape(std::move(dims));
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (int i = 0; i < shape.rank(); ++i) {
    if (i > 0) text += ", ";
    text += shape[i] == kRows ? "None" : std::to_string(shape[i]);
  }
  return text + (shape.rank() == 1 ? ",)" : ")");
}

int normalize_axis(int axis, int rank, const char* where) {
  const int normal = axis < 0 ? axis + rank : axis;
  if (normal < 0 || normal >= rank)
    fail(where, "axis {} is outside a tensor of rank {}; use {} to {}", axis, rank, -rank,
         rank - 1);
  return normal;
}

Shape broadcast(const Shape& a, const Shape& b, const char* where) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<int64_t> dims(static_cast<size_t>(rank));
  for (int i = 0; i < rank; ++i) {
    const int ia = i - (rank - a.rank()), ib = i - (rank - b.rank());
    const int64_t da = ia < 0 ? 1 : a[ia], db = ib < 0 ? 1 : b[ib];
    if (da != db && da != 1 && db != 1)
      fail(where, "shapes {} and {} do not broadcast together; axes must match or be 1",
           to_string(a), to_string(b));
    dims[static_cast<size_t>(i)] = da == 1 ? db : da;
  }
  return Shape(std::move(dims));
}

}  // namespace tutti
