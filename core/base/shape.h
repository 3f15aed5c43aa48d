// Shape: the extents of a tensor. In a graph, axis 0 of a row value is kRows, bound when an
// Executable is made.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace tutti {

inline constexpr int64_t kRows = -1;  // "None" in Keras's summaries
inline constexpr int64_t kMaxElements = int64_t{1} << 40;

class Shape {
 public:
  Shape() = default;  // a scalar
  Shape(std::initializer_list<int64_t> dims) : Shape(std::vector<int64_t>(dims)) {}
  explicit Shape(std::vector<int64_t> dims);  // throws on an extent below kRows

  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t operator[](int axis) const;  // negative axes count from the end
  const std::vector<int64_t>& dims() const { return dims_; }
  bool has_rows() const { return !dims_.empty() && dims_[0] == kRows; }

  int64_t elements() const;             // throws above kMaxElements, or if rows are unbound
  int64_t elements_per_row() const;     // product of the axes after axis 0
  Shape with_rows(int64_t rows) const;  // binds axis 0 if it is kRows
  Shape tail() const;                   // without axis 0
  Shape stacked(int64_t count) const;   // so many of it: (count, axes...)

  bool operator==(const Shape&) const = default;

 private:
  std::vector<int64_t> dims_;
};

std::string to_string(const Shape& shape);  // "(None, 8)", "(3,)", "()"

// An axis in [0, rank), from one that may count from the end. Throws naming `where`.
int normalize_axis(int axis, int rank, const char* where);

// NumPy's broadcast of two shapes; kRows matches kRows and 1. Throws naming `where` and both
// shapes.
Shape broadcast(const Shape& a, const Shape& b, const char* where);

}  // namespace tutti
