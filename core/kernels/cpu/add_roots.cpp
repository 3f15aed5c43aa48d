// add_roots on CPU: the sums of a rank's passes, in tree order.
#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "core/graph/kernel.h"
#include "core/graph/shard_passes.h"

namespace tutti::cpu {
namespace {

constexpr int64_t kTileElements = 16384;

template <typename T>
class AddRootsKernel final : public Kernel {
 public:
  explicit AddRootsKernel(const KernelRequest& request)
      : moves_(static_cast<const AddRootsOp&>(*request.op).moves()),
        elements_(request.outputs[0].shape.elements()),
        pass_stride_(request.input_root_stride.back()),
        stride_(request.output_root_stride[0]),
        pass_(request.inputs.size() - 1) {}
  int64_t tiles() const override {
    return std::max<int64_t>(1, (elements_ + kTileElements - 1) / kTileElements);
  }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t begin = tile * kTileElements, end = std::min(begin + kTileElements, elements_);
    T* sums = static_cast<T*>(call.outputs[0]);
    const T* pass = static_cast<const T*>(call.inputs[pass_]);
    for (const RootMove& move : moves_) {
      T* to = sums + static_cast<int64_t>(move.to) * stride_;
      const auto root = static_cast<int64_t>(move.from);
      const T* from = move.of_pass ? pass + root * pass_stride_ : sums + root * stride_;
      if (move.adds)
        for (int64_t i = begin; i < end; ++i) to[i] += from[i];
      else if (begin < end)
        std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin) * sizeof(T));
    }
  }

 private:
  std::vector<RootMove> moves_;
  int64_t elements_, pass_stride_, stride_;
  size_t pass_;  // which input
};

std::unique_ptr<Kernel> make_add_roots(const KernelRequest& request) {
  switch (request.outputs[0].dtype) {
    case DType::f32:
      return std::make_unique<AddRootsKernel<float>>(request);
    case DType::f64:
      return std::make_unique<AddRootsKernel<double>>(request);
    case DType::i64:
      return std::make_unique<AddRootsKernel<int64_t>>(request);
    default:
      fail(ExitCode::missing, "add_roots", "no sums of {}; cast to float32 or int64",
           name_of(request.outputs[0].dtype));
  }
}

TUTTI_KERNEL("add_roots", DeviceKind::cpu, make_add_roots);

}  // namespace
}  // namespace tutti::cpu
