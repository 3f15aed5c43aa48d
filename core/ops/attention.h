// Scaled dot-product attention (Vaswani et al., 2017), written in products and softmax.
#pragma once

#include <functional>
#include <optional>

#include "core/graph/executable.h"

namespace tutti {

// 0 where place j of `sources` may be seen from place i of `targets`, else so low a number that
// softmax gives it 0: causal, j <= i; within a window, |i - j| < window.
Value seen_places(int64_t targets, int64_t sources, bool causal, std::optional<int64_t> window,
                  DType dtype);
// The same of a mask of 0 and 1, whose shape broadcasts to (n, h, targets, sources).
Value seen_places(const Value& mask);

// softmax(scale q k^T + seen) v, of q (n, h, t, d), k (n, h, s, d) and v (n, h, s, e). `seen` may
// be undefined; `weigh` changes the weights (dropout) and may be empty.
Value attention(const Value& q, const Value& k, const Value& v, double scale, const Value& seen,
                const std::function<Value(const Value&)>& weigh);

}  // namespace tutti
