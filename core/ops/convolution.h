// Convolutions, written as products of patches: row-invariant forward, weight gradients summed by
// shards, gradients of any order. Channels last; kernels as Keras lays them out.
#pragma once

#include "core/ops/patches.h"

namespace tutti {

// x [n, s.., c], kernel [k.., c / groups, filters] -> [n, o.., filters]. Group g of the filters
// sees group g of the channels.
Value convolution(const Value& x, const Value& kernel, const Windows& windows, int64_t groups = 1);

// x [n, s.., c], kernel [k.., c, m] -> [n, o.., c m]: each channel by itself, m times.
Value depthwise_convolution(const Value& x, const Value& kernel, const Windows& windows);

// The adjoint of a convolution from `extents` to the spatial axes of y, with as many channels as
// the kernel has filters: y [n, o.., c], kernel [k.., filters, c] -> [n, extents.., filters].
Value convolution_transpose(const Value& y, const Value& kernel, const Windows& windows,
                            const std::vector<int64_t>& extents);

}  // namespace tutti
