#include "launch/predictions.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace tutti {

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
