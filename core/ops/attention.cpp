#include "core/ops/attention.h"

#include <cstdlib>

#include "core/ops/batch_matmul.h"
#include "core/ops/elementwise.h"
#include "core/ops/softmax.h"

namespace tutti {
namespace {

// Keras's numbers: none that float16 takes for infinite, of which 0 times would be NaN.
double unseen(DType dtype) { return dtype == DType::f16 ? -3e4 : -1e9; }

}  // namespace

Value seen_places(int64_t targets, int64_t sources, bool causal, std::optional<int64_t> window,
                  DType dtype) {
  std::vector<double> places(static_cast<size_t>(targets * sources), 0.0);
  for (int64_t i = 0; i < targets; ++i)
    for (int64_t j = 0; j < sources; ++j)
      if ((causal && j > i) || (window && std::abs(i - j) >= *window))
        places[static_cast<size_t>(i * sources + j)] = unseen(dtype);
  return Value(Tensor::from(places, {targets, sources}).to(dtype));
}

Value seen_places(const Value& mask) { return (1.0 - mask) * unseen(mask.dtype()); }

Value attention(const Value& q, const Value& k, const Value& v, double scale, const Value& seen,
                const std::function<Value(const Value&)>& weigh) {
  Value scores = batch_matmul(q * scale, k, false, true);
  if (seen.defined()) scores = scores + seen;
  const Value weights = softmax(scores);
  return batch_matmul(weigh ? weigh(weights) : weights, v);
}

}  // namespace tutti
