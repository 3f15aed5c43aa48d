// softmax_cross_entropy and its gradient on CPU.
#include "core/ops/softmax_cross_entropy.h"

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {
namespace {

constexpr int64_t kCrossEntropyGrain = 4096;

template <typename T>
class CrossEntropyKernel final : public Kernel {
 public:
  explicit CrossEntropyKernel(const KernelRequest& request)
      : sparse_(request.inputs[1].dtype == DType::i64),
        columns_(request.inputs[0].shape[-1]),
        tiles_(request.inputs[0].shape.elements() / columns_, columns_, kCrossEntropyGrain) {}
  int64_t tiles() const override { return tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t row = tiles_.begin(tile), rows = tiles_.length(tile);
    const T* logits = static_cast<const T*>(call.inputs[0]) + row * columns_;
    T* loss = static_cast<T*>(call.outputs[0]) + row;
    T* spread = static_cast<T*>(call.outputs[1]) + row * columns_;
    if (sparse_)
      row_functions<T>().sparse_loss(
          rows, columns_, logits, static_cast<const int64_t*>(call.inputs[1]) + row, loss, spread);
    else
      row_functions<T>().dense_loss(rows, columns_, logits,
                                    static_cast<const T*>(call.inputs[1]) + row * columns_, loss,
                                    spread);
  }

 private:
  bool sparse_;
  int64_t columns_;
  RowTiles tiles_;
};

template <typename T>
class CrossEntropyGradientKernel final : public Kernel {
 public:
  explicit CrossEntropyGradientKernel(const KernelRequest& request)
      : sparse_(request.inputs[1].dtype == DType::i64),
        columns_(request.inputs[0].shape[-1]),
        tiles_(request.inputs[0].shape.elements() / columns_, columns_, kCrossEntropyGrain) {}
  int64_t tiles() const override { return tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t row = tiles_.begin(tile), rows = tiles_.length(tile), at = row * columns_;
    const T* spread = static_cast<const T*>(call.inputs[0]) + at;
    const T* dy = static_cast<const T*>(call.inputs[2]) + row;
    T* dx = static_cast<T*>(call.outputs[0]) + at;
    if (sparse_)
      row_functions<T>().sparse_gradient(rows, columns_, spread,
                                         static_cast<const int64_t*>(call.inputs[1]) + row, dy, dx);
    else
      row_functions<T>().dense_gradient(rows, columns_, spread,
                                        static_cast<const T*>(call.inputs[1]) + at, dy, dx);
  }

 private:
  bool sparse_;
  int64_t columns_;
  RowTiles tiles_;
};

std::unique_ptr<Kernel> make_cross_entropy(const KernelRequest& request) {
  return make_floating<CrossEntropyKernel>("softmax_cross_entropy", request);
}
std::unique_ptr<Kernel> make_cross_entropy_gradient(const KernelRequest& request) {
  return make_floating<CrossEntropyGradientKernel>("softmax_cross_entropy_gradient", request);
}

TUTTI_KERNEL("softmax_cross_entropy", DeviceKind::cpu, make_cross_entropy);
TUTTI_KERNEL("softmax_cross_entropy_gradient", DeviceKind::cpu, make_cross_entropy_gradient);

}  // namespace
}  // namespace tutti::cpu
