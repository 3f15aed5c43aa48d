#include "core/kernels/cuda/random_kernels.h"

#include "core/base/permutation_rounds.h"
#include "core/base/philox.h"
#include "core/kernels/cuda/launch_size.h"

namespace tutti::cuda {
namespace {

__device__ PhiloxBlock draw(const RandomSource& source, int64_t row, int64_t block) {
  const uint64_t seed =
      source.own_seed ? source.seed : *static_cast<const uint64_t*>(source.context);
  const int64_t step = static_cast<const int64_t*>(source.context)[1];
  return philox_at(seed, step, row, source.site, block);
}

// A thread draws one block of four words and calls use(element, word) for each element of them.
template <typename Use>
__device__ void for_each_drawn(const RandomSource& source, const RandomRows& rows, Use use) {
  const int64_t blocks = (rows.columns + 3) / 4, i = global_thread();
  if (i >= rows.rows * blocks) return;
  const int64_t row = i / blocks, block = i % blocks;
  const PhiloxBlock drawn = draw(source, rows.first_row + row, block);
  for (int w = 0; w < 4; ++w) {
    const int64_t column = block * 4 + w;
    if (column < rows.columns) use(row * rows.columns + column, drawn.word[w]);
  }
}

template <typename T>
__global__ void dropout_kernel(RandomSource source, RandomRows rows, uint32_t threshold, T scale,
                               const T* x, T* y) {
  for_each_drawn(source, rows, [=](int64_t at, uint32_t word) {
    y[at] = (word >> 8) >= threshold ? x[at] * scale : T(0);
  });
}

template <typename T>
__global__ void random_uniform_kernel(RandomSource source, RandomRows rows, T* y) {
  for_each_drawn(source, rows, [=](int64_t at, uint32_t word) {
    y[at] = static_cast<T>(word >> 8) * static_cast<T>(0x1p-24);
  });
}

// A block moves one row: of the result, or with `inverse` of the input.
template <typename Element>
__global__ void shuffle_rows_kernel(RandomSource source, ShuffledRows shuffle, bool inverse,
                                    int64_t elements, const Element* in, Element* out) {
  __shared__ PermutationRounds order;
  if (threadIdx.x < kPermutationRounds) {
    const PhiloxBlock key = draw(source, 0, 0);
    order.keys[threadIdx.x] = permutation_key(uint64_t{key.word[0]} << 32 | key.word[1], 0,
                                              static_cast<int>(threadIdx.x));
  }
  if (threadIdx.x == 0)
    order.n = static_cast<uint64_t>(shuffle.rows), order.a = shuffle.a, order.b = shuffle.b;
  __syncthreads();
  const int64_t i = blockIdx.x;
  const auto index = static_cast<uint64_t>(inverse ? i : shuffle.first_row + i);
  const auto other = static_cast<int64_t>(permuted(order, index));
  const int64_t from = inverse ? i : other, to = inverse ? other - shuffle.first_row : i;
  if (to < 0 || to >= shuffle.own_rows) return;
  for (int64_t e = threadIdx.x; e < elements; e += blockDim.x)
    out[to * elements + e] = in[from * elements + e];
}

template <typename Element>
void shuffle_rows_of(cudaStream_t stream, const RandomSource& source, const ShuffledRows& shuffle,
                     bool inverse, int64_t elements, const void* in, void* out) {
  constexpr int kMoving = 128;
  const int64_t rows = inverse ? shuffle.rows : shuffle.own_rows;
  if (rows * elements > 0)
    shuffle_rows_kernel<<<static_cast<unsigned>(rows), kMoving, 0, stream>>>(
        source, shuffle, inverse, elements, static_cast<const Element*>(in),
        static_cast<Element*>(out));
}

int64_t blocks_of(const RandomRows& rows) { return rows.rows * ((rows.columns + 3) / 4); }

}  // namespace

template <typename T>
void dropout(cudaStream_t stream, const RandomSource& source, const RandomRows& rows,
             uint32_t threshold, T scale, const T* x, T* y) {
  const int64_t count = blocks_of(rows);
  if (count > 0)
    dropout_kernel<<<blocks_for(count), kThreads, 0, stream>>>(source, rows, threshold, scale, x,
                                                               y);
}

template <typename T>
void random_uniform(cudaStream_t stream, const RandomSource& source, const RandomRows& rows, T* y) {
  const int64_t count = blocks_of(rows);
  if (count > 0) random_uniform_kernel<<<blocks_for(count), kThreads, 0, stream>>>(source, rows, y);
}

void shuffle_rows(cudaStream_t stream, const RandomSource& source, const ShuffledRows& shuffle,
                  bool inverse, int64_t elements, size_t element_bytes, const void* in, void* out) {
  switch (element_bytes) {
    case 1:
      return shuffle_rows_of<uint8_t>(stream, source, shuffle, inverse, elements, in, out);
    case 2:
      return shuffle_rows_of<uint16_t>(stream, source, shuffle, inverse, elements, in, out);
    case 4:
      return shuffle_rows_of<uint32_t>(stream, source, shuffle, inverse, elements, in, out);
    default:
      return shuffle_rows_of<uint64_t>(stream, source, shuffle, inverse, elements, in, out);
  }
}

#define TUTTI_INSTANTIATE_RANDOM(T)                                                           \
  template void dropout<T>(cudaStream_t, const RandomSource&, const RandomRows&, uint32_t, T, \
                           const T*, T*);                                                     \
  template void random_uniform<T>(cudaStream_t, const RandomSource&, const RandomRows&, T*);
TUTTI_INSTANTIATE_RANDOM(float)
TUTTI_INSTANTIATE_RANDOM(double)

}  // namespace tutti::cuda
