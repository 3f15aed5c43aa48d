// take_in_rows and scatter_add_in_rows on CPU.
#include "core/ops/take_in_rows.h"

#include <algorithm>
#include <limits>

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {
namespace {

// A row's table of `extent` entries of `width` elements, and how many of them are asked for.
struct Entries {
  int64_t extent, asked, width;

  Entries(const Shape& table, const Shape& indices)
      : extent(table[1]),
        asked(indices.elements_per_row()),
        width(extent > 0 ? table.elements_per_row() / extent : 0) {}
};

template <typename T>
class TakeInRowsKernel final : public Kernel {
 public:
  explicit TakeInRowsKernel(const KernelRequest& request)
      : entries_(request.inputs[0].shape, request.inputs[1].shape),
        tiles_(request.inputs[1].shape.elements(), entries_.width) {}
  int64_t tiles() const override { return tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const auto [extent, asked, width] = entries_;
    const T* tables = static_cast<const T*>(call.inputs[0]);
    const auto* indices = static_cast<const int64_t*>(call.inputs[1]);
    T* out = static_cast<T*>(call.outputs[0]);
    const int64_t end = tiles_.begin(tile) + tiles_.length(tile);
    for (int64_t i = tiles_.begin(tile); i < end;) {
      const int64_t row = i / asked, row_end = std::min(end, (row + 1) * asked);
      const T* table = tables + row * extent * width;
      for (; i < row_end; ++i) {
        const int64_t index = indices[i];
        if (index < 0 || index >= extent)
          std::fill_n(out + i * width, width, std::numeric_limits<T>::quiet_NaN());
        else
          for (int64_t j = 0; j < width; ++j) out[i * width + j] = table[index * width + j];
      }
    }
  }

 private:
  Entries entries_;
  RowTiles tiles_;
};

template <typename T>
class ScatterAddInRowsKernel final : public Kernel {
 public:
  explicit ScatterAddInRowsKernel(const KernelRequest& request)
      : entries_(request.outputs[0].shape, request.inputs[1].shape),
        tiles_(request.outputs[0].shape[0],
               std::max(entries_.extent, entries_.asked) * entries_.width) {}
  int64_t tiles() const override { return tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const auto [extent, asked, width] = entries_;
    for (int64_t row = tiles_.begin(tile); row < tiles_.begin(tile) + tiles_.length(tile); ++row) {
      const T* updates = static_cast<const T*>(call.inputs[0]) + row * asked * width;
      const auto* indices = static_cast<const int64_t*>(call.inputs[1]) + row * asked;
      T* table = static_cast<T*>(call.outputs[0]) + row * extent * width;
      std::fill_n(table, extent * width, T(0));
      for (int64_t i = 0; i < asked; ++i) {
        if (indices[i] < 0 || indices[i] >= extent) continue;
        for (int64_t j = 0; j < width; ++j) table[indices[i] * width + j] += updates[i * width + j];
      }
    }
  }

 private:
  Entries entries_;
  RowTiles tiles_;
};

std::unique_ptr<Kernel> make_take_in_rows(const KernelRequest& request) {
  return make_floating<TakeInRowsKernel>("take_in_rows", request);
}
std::unique_ptr<Kernel> make_scatter_add_in_rows(const KernelRequest& request) {
  return make_floating<ScatterAddInRowsKernel>("scatter_add_in_rows", request);
}

TUTTI_KERNEL("take_in_rows", DeviceKind::cpu, make_take_in_rows);
TUTTI_KERNEL("scatter_add_in_rows", DeviceKind::cpu, make_scatter_add_in_rows);

}  // namespace
}  // namespace tutti::cpu
