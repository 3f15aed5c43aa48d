// argmax and argmin on CPU.
#include "core/ops/arg_reduce.h"

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {
namespace {

template <typename T>
class ArgReduceKernel final : public Kernel {
 public:
  explicit ArgReduceKernel(const KernelRequest& request)
      : largest_(request.op->name() == "argmax"),
        columns_(request.inputs[0].shape[-1]),
        tiles_(request.outputs[0].shape.elements(), columns_) {}
  int64_t tiles() const override { return tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    for (int64_t i = tiles_.begin(tile); i < tiles_.begin(tile) + tiles_.length(tile); ++i)
      static_cast<int64_t*>(call.outputs[0])[i] =
          best(static_cast<const T*>(call.inputs[0]) + i * columns_);
  }

 private:
  int64_t best(const T* row) const {
    int64_t at = 0;
    for (int64_t j = 1; j < columns_ && row[at] == row[at]; ++j)
      if ((largest_ ? row[j] > row[at] : row[j] < row[at]) || row[j] != row[j]) at = j;
    return at;
  }

  bool largest_;
  int64_t columns_;
  RowTiles tiles_;
};

std::unique_ptr<Kernel> make_arg_reduce(const KernelRequest& request) {
  return make_floating<ArgReduceKernel>("argmax", request);
}

TUTTI_KERNEL("argmax", DeviceKind::cpu, make_arg_reduce);
TUTTI_KERNEL("argmin", DeviceKind::cpu, make_arg_reduce);

}  // namespace
}  // namespace tutti::cpu
