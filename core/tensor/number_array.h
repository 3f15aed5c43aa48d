// NumberArray: an argument that is a number or an array of numbers, kept in f64.
//   0.5    {0.5, 2.0}    a Tensor    in a config a number or (nested) lists of numbers
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/tensor/tensor.h"

namespace tutti {

class NumberArray {
 public:
  NumberArray() : NumberArray(0.0) {}
  template <typename T>
  requires std::is_arithmetic_v<T> NumberArray(T number)
      : values_(Tensor::full({}, static_cast<double>(number), DType::f64)) {}
  NumberArray(std::initializer_list<double> numbers) : NumberArray(std::vector<double>(numbers)) {}
  NumberArray(const std::vector<double>& numbers)
      : values_(Tensor::from(numbers, {static_cast<int64_t>(numbers.size())})) {}
  NumberArray(const Tensor& values) : values_(values.to_host().to(DType::f64)) {}

  const Shape& shape() const { return values_.shape(); }
  int64_t elements() const { return values_.elements(); }
  const Tensor& values() const { return values_; }  // f64, of rank 0 for a number

 private:
  Tensor values_;
};

inline std::string type_name(const NumberArray*) { return "float or array"; }
void read_config(const Config& config, NumberArray& out);  // throws for ragged lists
Config write_config(const NumberArray& array);

}  // namespace tutti
