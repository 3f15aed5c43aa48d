// pick and spread on CPU, one thread to a row.
#include "core/ops/pick.h"

#include <algorithm>

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {
namespace {

template <typename T>
class PickKernel final : public Kernel {
 public:
  explicit PickKernel(const KernelRequest& request)
      : spread_(request.op->name() == "spread"),
        x_elements_(request.inputs[0].shape.tail().elements()),
        y_elements_(request.outputs[0].shape.tail().elements()),
        tiles_(request.inputs[0].shape[0], std::max(x_elements_, y_elements_)) {}
  int64_t tiles() const override { return tiles_.count; }

  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t places = spread_ ? x_elements_ : y_elements_;
    for (int64_t i = tiles_.begin(tile); i < tiles_.begin(tile) + tiles_.length(tile); ++i) {
      const T* x = static_cast<const T*>(call.inputs[0]) + i * x_elements_;
      const auto* place = static_cast<const int32_t*>(call.inputs[1]) + i * places;
      T* y = static_cast<T*>(call.outputs[0]) + i * y_elements_;
      if (spread_) {
        std::fill_n(y, y_elements_, T{0});
        for (int64_t e = 0; e < places; ++e)
          if (place[e] >= 0) y[place[e]] += x[e];
      } else {
        for (int64_t e = 0; e < places; ++e) y[e] = place[e] < 0 ? T{0} : x[place[e]];
      }
    }
  }

 private:
  bool spread_;
  int64_t x_elements_, y_elements_;  // elements of a row
  RowTiles tiles_;
};

std::unique_ptr<Kernel> make_pick(const KernelRequest& request) {
  return make_floating<PickKernel>("pick", request);
}

TUTTI_KERNEL("pick", DeviceKind::cpu, make_pick);
TUTTI_KERNEL("spread", DeviceKind::cpu, make_pick);

}  // namespace
}  // namespace tutti::cpu
