#include "core/kernels/cuda/copy_kernels.h"

#include "core/kernels/cuda/launch_size.h"

namespace tutti::cuda {
namespace {

template <typename Element>
__global__ void copy_box_kernel(StridedBox box, const Element* in, Element* out) {
  int64_t i = global_thread();
  if (i >= box.count) return;
  int64_t from = box.in_offset, to = box.out_offset;
  for (int axis = box.axes - 1; axis >= 0; --axis) {
    const int64_t at = i % box.extent[axis];
    i /= box.extent[axis];
    from += at * box.in[axis], to += at * box.out[axis];
  }
  out[to] = in[from];
}

template <typename Element>
void copy_box_of(cudaStream_t stream, const StridedBox& box, const void* in, void* out) {
  copy_box_kernel<<<blocks_for(box.count), kThreads, 0, stream>>>(
      box, static_cast<const Element*>(in), static_cast<Element*>(out));
}

__global__ void take_rows_kernel(int64_t count, int64_t extent, int64_t row_bytes,
                                 const unsigned char* table, const int64_t* index,
                                 unsigned char* out) {
  const int64_t i = global_thread();
  if (i >= count) return;
  const int64_t row = index[i / row_bytes];
  const bool known = row >= 0 && row < extent;
  out[i] = known ? table[row * row_bytes + i % row_bytes] : static_cast<unsigned char>(0xff);
}

__global__ void fill_number_kernel(float* out, float number) { *out = number; }

template <typename T>
__global__ void expand_share_kernel(int64_t begin, int64_t end, int64_t variables,
                                    const int64_t* offsets, const T* values, T* share) {
  const int64_t i = begin + global_thread();
  if (i >= end) return;
  int64_t low = 0, high = variables;  // offsets[low] <= i < offsets[high]
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (offsets[middle] <= i ? low : high) = middle;
  }
  share[i - begin] = values[low];
}

}  // namespace

void copy_box(cudaStream_t stream, const StridedBox& box, size_t element_bytes, const void* in,
              void* out) {
  if (box.count == 0) return;
  switch (element_bytes) {
    case 1:
      return copy_box_of<uint8_t>(stream, box, in, out);
    case 2:
      return copy_box_of<uint16_t>(stream, box, in, out);
    case 4:
      return copy_box_of<uint32_t>(stream, box, in, out);
    default:
      return copy_box_of<uint64_t>(stream, box, in, out);
  }
}

void take_rows(cudaStream_t stream, int64_t rows, int64_t extent, int64_t row_bytes,
               const void* table, const int64_t* index, void* out) {
  const int64_t count = rows * row_bytes;
  if (count > 0)
    take_rows_kernel<<<blocks_for(count), kThreads, 0, stream>>>(
        count, extent, row_bytes, static_cast<const unsigned char*>(table), index,
        static_cast<unsigned char*>(out));
}

void fill_number(cudaStream_t stream, float* out, float number) {
  fill_number_kernel<<<1, 1, 0, stream>>>(out, number);
}

template <typename T>
void expand_share(cudaStream_t stream, int64_t begin, int64_t end, int64_t variables,
                  const int64_t* offsets, const T* values, T* share) {
  if (end > begin)
    expand_share_kernel<<<blocks_for(end - begin), kThreads, 0, stream>>>(begin, end, variables,
                                                                          offsets, values, share);
}

#define TUTTI_INSTANTIATE_COPIES(T)                                                                \
  template void expand_share<T>(cudaStream_t, int64_t, int64_t, int64_t, const int64_t*, const T*, \
                                T*);
TUTTI_INSTANTIATE_COPIES(float)
TUTTI_INSTANTIATE_COPIES(double)

}  // namespace tutti::cuda
