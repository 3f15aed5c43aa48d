#include "core/tensor/number_array.h"

#include "core/base/error.h"

namespace tutti {
namespace {

// As the first item at each depth has it.
std::vector<int64_t> extents_of(const Config& config) {
  std::vector<int64_t> dims;
  for (const Config* at = &config; at && at->is_list();) {
    const auto& items = at->as_list();
    dims.push_back(static_cast<int64_t>(items.size()));
    at = items.empty() ? nullptr : &items[0];
  }
  return dims;
}

void read_numbers(const Config& config, std::vector<double>& numbers,
                  const std::vector<int64_t>& dims, size_t depth) {
  const auto ragged = [&] {
    fail(config.where_or("config"), "these lists of numbers are ragged; give all one length");
  };
  if (!config.is_list()) {
    if (depth != dims.size()) ragged();
    return numbers.push_back(config.as_double());
  }
  const auto& items = config.as_list();
  if (depth >= dims.size() || dims[depth] != static_cast<int64_t>(items.size())) ragged();
  for (const auto& item : items) read_numbers(item, numbers, dims, depth + 1);
}

Config write_numbers(const Tensor& values) {
  if (values.shape().rank() == 0) return values.item();
  Config::List list;
  for (int64_t i = 0; i < values.rows(); ++i) list.push_back(write_numbers(values.row(i)));
  return Config(std::move(list));
}

}  // namespace

void read_config(const Config& config, NumberArray& out) {
  std::vector<double> numbers;
  const auto dims = extents_of(config);
  read_numbers(config, numbers, dims, 0);
  out = NumberArray(Tensor::from(numbers, Shape(dims)));
}

Config write_config(const NumberArray& array) { return write_numbers(array.values()); }

}  // namespace tutti
