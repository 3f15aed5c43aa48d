#include "core/initializers/orthogonal.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/error.h"

namespace tutti {
namespace {

// `count` orthonormal vectors of `length`, from normal ones: Gram-Schmidt, each direction removed
// twice, which keeps f64 orthogonality for any input (Giraud et al. 2005).
std::vector<std::vector<double>> orthonormal_vectors(size_t count, size_t length,
                                                     InitializerStream& stream) {
  std::vector<std::vector<double>> vectors;
  while (vectors.size() < count) {
    std::vector<double> vector(length);
    for (double& x : vector) x = stream.normal();
    for (int pass = 0; pass < 2; ++pass) {
      for (const auto& other : vectors) {
        double product = 0;
        for (size_t i = 0; i < length; ++i) product += vector[i] * other[i];
        for (size_t i = 0; i < length; ++i) vector[i] -= product * other[i];
      }
    }
    double squares = 0;
    for (const double x : vector) squares += x * x;
    if (squares < 1e-20) continue;  // drawn inside the span of the others
    for (double& x : vector) x /= std::sqrt(squares);
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

}  // namespace

Tensor Orthogonal::operator()(const Shape& shape, DType dtype) const {
  if (shape.rank() < 2)
    fail("Orthogonal", "initializes tensors of rank 2 or more, got {}; use another initializer",
         to_string(shape));
  const auto columns = static_cast<size_t>(shape[-1]);
  const auto elements = static_cast<size_t>(shape.elements());
  const size_t rows = columns == 0 ? 0 : elements / columns;
  InitializerStream stream(options_.seed);
  const auto vectors =
      orthonormal_vectors(std::min(rows, columns), std::max(rows, columns), stream);
  size_t next = 0;
  return fill_from(shape, dtype, [&] {
    const size_t row = next / columns, column = next % columns;
    ++next;
    return options_.gain * (rows < columns ? vectors[row][column] : vectors[column][row]);
  });
}

TUTTI_REGISTER(Initializer, Orthogonal, "Orthogonal", "orthonormal rows or columns")
    .argument("gain", &OrthogonalOptions::gain, "factor of every element")
    .argument("seed", &OrthogonalOptions::seed, "own seed: the same numbers at each use")
    .alias("OrthogonalInitializer");

}  // namespace tutti
