#include "launch/predictions.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/base/error.h"

namespace tutti {
namespace {

// T: what the values are read as before they become the input's.
template <typename T>
Tensor numbers_of(const Table& table, const Shape& shape) {
  const auto width = static_cast<size_t>(shape.elements_per_row());
  std::vector<T> values(static_cast<size_t>(shape.elements()));
  size_t at = 0;
  for (const auto& column : table.columns) {
    const auto part = column.values.to_vector<T>();
    const auto each = static_cast<size_t>(column.values.shape().elements_per_row());
    for (size_t i = 0; i < part.size(); ++i) values[i / each * width + at + i % each] = part[i];
    at += each;
  }
  return Tensor::from(values, shape);
}

Tensor texts_of(const Table& table, const Shape& shape) {
  std::vector<std::string> texts;
  for (size_t row = 0; row < static_cast<size_t>(table.rows()); ++row)
    for (const auto& column : table.columns) texts.push_back(column.text[row]);
  return Tensor::text(texts, shape);
}

}  // namespace

Tensor input_of_table(const Table& table, const std::string& name, const Value& input) {
  const bool text = input.dtype() == DType::string, whole = !text && !is_floating(input.dtype());
  int64_t width = 0;
  for (const auto& column : table.columns) {
    if (column.is_text() != text)
      fail(ExitCode::data, table.source, "column '{}' is {}, the model's input '{}' takes {}",
           column.name, text ? "numbers" : "text", name, name_of(input.dtype()));
    if (whole && is_floating(column.values.dtype()))
      fail(ExitCode::data, table.source,
           "column '{}' is real numbers, the model's input '{}' takes whole ones", column.name,
           name);
    width += text ? 1 : column.values.shape().elements_per_row();
  }
  std::vector<int64_t> dims = input.shape().dims();
  dims[0] = table.rows();
  const Shape shape(std::move(dims));
  if (width != shape.elements_per_row())
    fail(ExitCode::data, table.source,
         "has {} values in a row, the model's input '{}' takes {}; give those columns, in order",
         width, name, to_string(input.shape()));
  if (text) return texts_of(table, shape);
  return (whole ? numbers_of<int64_t>(table, shape) : numbers_of<double>(table, shape))
      .to(input.dtype());
}

Tensor probabilities_of(const Tensor& logits) {
  const int64_t classes = logits.shape()[-1];
  auto values = logits.to_vector<double>();
  for (size_t row = 0; row + static_cast<size_t>(classes) <= values.size();
       row += static_cast<size_t>(classes)) {
    const std::span<double> part(&values[row], static_cast<size_t>(classes));
    if (classes == 1) {
      part[0] = 1 / (1 + std::exp(-part[0]));
      continue;
    }
    const double largest = *std::max_element(part.begin(), part.end());
    double sum = 0;
    for (double& value : part) sum += value = std::exp(value - largest);
    for (double& value : part) value /= sum;
  }
  return Tensor::from(values, logits.shape()).to(DType::f32);
}

std::vector<int64_t> classes_of(const Tensor& probabilities) {
  const auto values = probabilities.to_vector<float>();
  const auto classes = static_cast<size_t>(probabilities.shape()[-1]);
  std::vector<int64_t> chosen;
  for (size_t row = 0; row < values.size(); row += classes) {
    const auto begin = values.begin() + static_cast<ptrdiff_t>(row);
    chosen.push_back(
        classes == 1 ? *begin > 0.5f
                     : std::max_element(begin, begin + static_cast<ptrdiff_t>(classes)) - begin);
  }
  return chosen;
}

bool gives_logits(const schema::Kind* loss) {
  const auto says = [](const auto& argument) {
    return argument.key() == "from_logits" && argument.value().boolean();
  };
  return loss && std::any_of(loss->arguments().begin(), loss->arguments().end(), says);
}

}  // namespace tutti
