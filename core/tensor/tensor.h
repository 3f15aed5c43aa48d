// A dense row-major array. Copies share the storage; clone() copies the elements. An element of
// text is a std::string_view into memory that the storage owns: copies of elements by the tensor
// own theirs, a bare copy of bytes lives no longer than what it was copied from.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/base/dtype.h"
#include "core/base/shape.h"
#include "core/tensor/storage.h"

namespace tutti {

class Tensor {
 public:
  Tensor() = default;  // no elements, no storage: defined() is false
  Tensor(std::shared_ptr<Storage> storage, size_t offset_bytes, const Shape& shape, DType dtype);
  // A number of a list. Its conversion is a user's, so that {{7}} is rather a row of one number.
  struct Number {
    template <typename T>
    requires std::is_arithmetic_v<T> Number(T number) : value(static_cast<double>(number)) {}
    double value;
  };
  // Values: {1, 2, 3} and {{1, 2}, {3, 4}} are f32, as in `Tensor x = {{5.1, 3.5}, {4.9, 3.0}}`.
  Tensor(std::initializer_list<Number> values);
  Tensor(std::initializer_list<std::initializer_list<double>> rows);
  Tensor(double scalar);  // f32, rank 0

  template <typename T>
  static Tensor from(std::span<const T> values, const Shape& shape);
  template <typename T>
  static Tensor from(const std::vector<T>& values, const Shape& shape) {
    return from(std::span<const T>(values), shape);
  }
  // Of a shape there are only these: Tensor({500, 700}) is two numbers.
  // Text, of shape (texts.size(),) if none is given.
  static Tensor text(const std::vector<std::string>& texts);
  static Tensor text(const std::vector<std::string>& texts, const Shape& shape);
  static Tensor empty(const Shape& shape, DType dtype = DType::f32,
                      Device& device = cpu_device());  // uninitialised elements
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32);
  static Tensor full(const Shape& shape, double value, DType dtype = DType::f32);

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  int64_t elements() const { return elements_; }
  size_t bytes() const { return static_cast<size_t>(elements_) * size_of(dtype_); }
  int64_t rows() const { return shape_[0]; }
  Device& device() const { return storage_->device(); }
  const std::shared_ptr<Storage>& storage() const { return storage_; }

  std::byte* raw() const { return storage_->bytes() + offset_; }
  // Host elements. Throws if T is not the dtype or the tensor is on a device; copy with to_host().
  template <typename T>
  T* data() const {
    require(dtype_of<T>);
    return reinterpret_cast<T*>(raw());
  }
  template <typename T>
  std::span<T> span() const {
    return {data<T>(), static_cast<size_t>(elements_)};
  }
  // All elements, converted to T, from any device.
  template <typename T>
  std::vector<T> to_vector() const;
  std::vector<std::string> to_strings() const;  // all elements of a tensor of text
  double item() const;                          // the only element
  double at(std::initializer_list<int64_t> index) const;

  Tensor reshape(const Shape& shape) const;               // shares the storage
  Tensor row(int64_t index) const;                        // without axis 0; shares the storage
  Tensor slice_rows(int64_t begin, int64_t end) const;    // shares the storage
  Tensor take_rows(std::span<const int64_t> rows) const;  // copies
  Tensor to(DType dtype) const;                           // converts; this if equal
  Tensor to(Device& device) const;                        // copies; this if equal
  Tensor to_host() const { return to(cpu_device()); }
  Tensor clone() const;
  void copy_from(const Tensor& source) const;  // same shape and dtype, any devices

 private:
  void require(DType dtype) const;
  void own_text() const;

  std::shared_ptr<Storage> storage_;
  size_t offset_ = 0;
  Shape shape_;
  int64_t elements_ = 0;
  DType dtype_ = DType::f32;
};

std::ostream& operator<<(std::ostream& out, const Tensor& tensor);  // as NumPy prints it
std::string to_string(const Tensor& tensor);

}  // namespace tutti
