#include "core/regularizers/orthogonal.h"

#include <cmath>

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

const std::vector<std::string> kOrthogonalModes = {"rows", "columns"};

Value without_diagonal(int64_t size, DType dtype) {
  std::vector<double> values(static_cast<size_t>(size * size), 1.0);
  for (int64_t i = 0; i < size; ++i) values[static_cast<size_t>(i * size + i)] = 0.0;
  return Value(Tensor::from(values, {size, size}).to(dtype));
}

}  // namespace

OrthogonalRegularizer::OrthogonalRegularizer(Options options) : options_(std::move(options)) {
  if (!std::isfinite(options_.factor) || options_.factor < 0)
    fail("OrthogonalRegularizer", "factor is {}; use a finite number of 0 or more",
         options_.factor);
  if (options_.mode != "rows" && options_.mode != "columns")
    fail("OrthogonalRegularizer", "mode '{}' is unknown{}; use rows or columns", options_.mode,
         did_you_mean(options_.mode, kOrthogonalModes));
}

Value OrthogonalRegularizer::operator()(const Value& weight) const {
  if (weight.shape().rank() != 2 || weight.kind() == ValueKind::row)
    fail("OrthogonalRegularizer", "takes a matrix, got {}; use L2 for other weights",
         to_string(weight.type()));
  const bool rows = options_.mode == "rows";
  const int64_t size = weight.shape()[rows ? 0 : 1];
  const Value squares = reduce_sum(square(weight), {rows ? 1 : 0}, true);
  const Value unit = weight * rsqrt(maximum(squares, 1e-14));
  const Value cosines = matmul(unit, unit, !rows, rows) * without_diagonal(size, weight.dtype());
  const double pairs = static_cast<double>(size) * static_cast<double>(size - 1) / 2;
  return options_.factor * 0.5 * reduce_sum(abs(cosines)) / pairs;
}

TUTTI_REGISTER(Regularizer, OrthogonalRegularizer, "OrthogonalRegularizer",
               "the mean cosine between rows or columns")
    .argument("factor", &OrthogonalRegularizerOptions::factor, "of the mean")
    .choice("mode", &OrthogonalRegularizerOptions::mode, kOrthogonalModes, "rows or columns");

}  // namespace tutti
