// dropout on CPU: masks are drawn, used and forgotten.
#include "core/ops/dropout.h"

#include <cmath>

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {
namespace {

constexpr int64_t kDropoutGrain = 8192;

template <typename T>
class DropoutKernel final : public Kernel {
 public:
  explicit DropoutKernel(const KernelRequest& request)
      : op_(static_cast<const DropoutOp&>(*request.op)),
        columns_(request.inputs[0].shape.elements_per_row()),
        first_row_(request.inputs[0].kind == ValueKind::row ? request.first_row : 0),
        tiles_(request.inputs[0].shape[0], columns_, kDropoutGrain),
        threshold_(static_cast<uint32_t>(std::llround(op_.rate() * 16777216.0))),
        scale_(static_cast<T>(1.0 / (1.0 - op_.rate()))) {}
  int64_t tiles() const override { return tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t row = tiles_.begin(tile), at = row * columns_;
    const RandomRows place{op_.seed().value_or(call.step->seed),
                           call.step->step,
                           static_cast<uint32_t>(op_.call_site()),
                           first_row_ + row,
                           tiles_.length(tile),
                           columns_,
                           threshold_};
    row_functions<T>().dropout(place, static_cast<const T*>(call.inputs[0]) + at, scale_,
                               static_cast<T*>(call.outputs[0]) + at);
  }

 private:
  DropoutOp op_;
  int64_t columns_, first_row_;
  RowTiles tiles_;
  uint32_t threshold_;
  T scale_;
};

std::unique_ptr<Kernel> make_dropout(const KernelRequest& request) {
  return make_floating<DropoutKernel>("dropout", request);
}

TUTTI_KERNEL("dropout", DeviceKind::cpu, make_dropout);

}  // namespace
}  // namespace tutti::cpu
