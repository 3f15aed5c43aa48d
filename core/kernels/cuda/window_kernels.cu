#include "core/kernels/cuda/window_kernels.h"

#include "core/kernels/cuda/launch_size.h"
#include "core/ops/scalar/bits.h"

namespace tutti::cuda {
namespace {

using scalar::infinity_of;

// Takes the innermost axis, of `extent` elements, off a place in an array.
__device__ int64_t innermost(int64_t& place, int64_t extent) {
  const int64_t at = place % extent;
  place /= extent;
  return at;
}

// The element that the window at position o sees as its k-th, -1 in the padding.
__device__ int64_t element_seen(const WindowAxis& axis, int64_t o, int64_t k) {
  const int64_t i = o * axis.stride - axis.before + k * axis.dilation;
  return i >= 0 && i < axis.extent ? i : -1;
}

template <typename T>
__global__ void patches_kernel(WindowGrid grid, int64_t count, T fill, const T* spread, T* seen) {
  const int64_t i = global_thread();
  if (i >= count) return;
  int64_t row = i;
  const int64_t channel = innermost(row, grid.channels);
  int64_t o[3], k[3];
  for (int axis = 2; axis >= 0; --axis) k[axis] = innermost(row, grid.axis[axis].size);
  for (int axis = 2; axis >= 0; --axis) o[axis] = innermost(row, grid.axis[axis].positions);
  int64_t place = row;
  bool inside = true;
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t at = element_seen(grid.axis[axis], o[axis], k[axis]);
    inside = inside && at >= 0;
    place = place * grid.axis[axis].extent + at;
  }
  seen[i] = inside ? spread[place * grid.channels + channel] : fill;
}

// The windows along one axis that may see element i: positions [first, end).
struct Viewers {
  int64_t padded, first, end;  // padded: the element's place, counted from where padding begins
};
__device__ Viewers viewers_of(const WindowAxis& axis, int64_t i) {
  const int64_t padded = i + axis.before, reach = (axis.size - 1) * axis.dilation;
  const int64_t first = padded > reach ? (padded - reach + axis.stride - 1) / axis.stride : 0;
  const int64_t end = padded / axis.stride + 1;
  return {padded, first, end < axis.positions ? end : axis.positions};
}
// As which of its elements the window at position o sees it, -1 if between two of them.
__device__ int64_t seen_as(const WindowAxis& axis, const Viewers& viewers, int64_t o) {
  const int64_t distance = viewers.padded - o * axis.stride;
  return distance % axis.dilation == 0 ? distance / axis.dilation : -1;
}

template <typename T>
__global__ void fold_kernel(WindowGrid grid, int64_t count, const T* seen, T* spread) {
  const int64_t i = global_thread();
  if (i >= count) return;
  int64_t row = i;
  const int64_t channel = innermost(row, grid.channels);
  Viewers viewers[3];
  for (int axis = 2; axis >= 0; --axis)
    viewers[axis] = viewers_of(grid.axis[axis], innermost(row, grid.axis[axis].extent));
  const WindowAxis &a = grid.axis[0], &b = grid.axis[1], &c = grid.axis[2];
  T sum = T(0);
  for (int64_t o0 = viewers[0].first; o0 < viewers[0].end; ++o0) {
    const int64_t k0 = seen_as(a, viewers[0], o0);
    if (k0 < 0) continue;
    for (int64_t o1 = viewers[1].first; o1 < viewers[1].end; ++o1) {
      const int64_t k1 = seen_as(b, viewers[1], o1);
      if (k1 < 0) continue;
      for (int64_t o2 = viewers[2].first; o2 < viewers[2].end; ++o2) {
        const int64_t k2 = seen_as(c, viewers[2], o2);
        if (k2 < 0) continue;
        const int64_t window = ((row * a.positions + o0) * b.positions + o1) * c.positions + o2;
        const int64_t element = ((window * a.size + k0) * b.size + k1) * c.size + k2;
        sum += seen[element * grid.channels + channel];
      }
    }
  }
  spread[i] = sum;
}

template <typename T>
__global__ void max_pool_kernel(WindowGrid grid, int64_t count, const T* spread, T* best,
                                int32_t* place) {
  const int64_t i = global_thread();
  if (i >= count) return;
  int64_t row = i;
  const int64_t channel = innermost(row, grid.channels);
  const WindowAxis &a = grid.axis[0], &b = grid.axis[1], &c = grid.axis[2];
  const int64_t o2 = innermost(row, c.positions), o1 = innermost(row, b.positions);
  const int64_t o0 = innermost(row, a.positions);
  spread += row * a.extent * b.extent * c.extent * grid.channels;
  T largest = -infinity_of<T>();
  int64_t from = -1;
  for (int64_t k0 = 0; k0 < a.size; ++k0) {
    const int64_t i0 = element_seen(a, o0, k0);
    if (i0 < 0) continue;
    for (int64_t k1 = 0; k1 < b.size; ++k1) {
      const int64_t i1 = element_seen(b, o1, k1);
      if (i1 < 0) continue;
      for (int64_t k2 = 0; k2 < c.size; ++k2) {
        const int64_t i2 = element_seen(c, o2, k2);
        if (i2 < 0) continue;
        const int64_t at = ((i0 * b.extent + i1) * c.extent + i2) * grid.channels + channel;
        const T x = spread[at];
        // `not at most`, so that a NaN is more than a number and nothing more than a NaN.
        if (from >= 0 && (x <= largest || largest != largest)) continue;
        largest = x, from = at;
      }
    }
  }
  best[i] = largest;
  place[i] = static_cast<int32_t>(from);
}

int64_t positions_of(const WindowGrid& grid) {
  return grid.rows * grid.axis[0].positions * grid.axis[1].positions * grid.axis[2].positions;
}

}  // namespace

template <typename T>
void patches(cudaStream_t stream, const WindowGrid& grid, T fill, const T* spread, T* seen) {
  const int64_t count = positions_of(grid) * grid.axis[0].size * grid.axis[1].size *
                        grid.axis[2].size * grid.channels;
  if (count > 0)
    patches_kernel<<<blocks_for(count), kThreads, 0, stream>>>(grid, count, fill, spread, seen);
}

template <typename T>
void fold(cudaStream_t stream, const WindowGrid& grid, const T* seen, T* spread) {
  const int64_t count =
      grid.rows * grid.axis[0].extent * grid.axis[1].extent * grid.axis[2].extent * grid.channels;
  if (count > 0) fold_kernel<<<blocks_for(count), kThreads, 0, stream>>>(grid, count, seen, spread);
}

template <typename T>
void max_pool(cudaStream_t stream, const WindowGrid& grid, const T* spread, T* best,
              int32_t* place) {
  const int64_t count = positions_of(grid) * grid.channels;
  if (count > 0)
    max_pool_kernel<<<blocks_for(count), kThreads, 0, stream>>>(grid, count, spread, best, place);
}

#define TUTTI_INSTANTIATE_WINDOWS(T)                                          \
  template void patches<T>(cudaStream_t, const WindowGrid&, T, const T*, T*); \
  template void fold<T>(cudaStream_t, const WindowGrid&, const T*, T*);       \
  template void max_pool<T>(cudaStream_t, const WindowGrid&, const T*, T*, int32_t*);
TUTTI_INSTANTIATE_WINDOWS(float)
TUTTI_INSTANTIATE_WINDOWS(double)

}  // namespace tutti::cuda
