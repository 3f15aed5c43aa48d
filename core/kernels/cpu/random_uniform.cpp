// random_uniform on CPU.
#include "core/ops/random_uniform.h"

#include <cstring>

#include "core/kernels/cpu/floating.h"
#include "core/kernels/cpu/row_dispatch.h"

namespace tutti::cpu {
namespace {

constexpr int64_t kRandomGrain = 8192;

template <typename T>
class RandomUniformKernel final : public Kernel {
 public:
  explicit RandomUniformKernel(const KernelRequest& request)
      : op_(static_cast<const RandomUniformOp&>(*request.op)),
        columns_(request.outputs[0].shape.elements_per_row()),
        first_row_(request.outputs[0].kind == ValueKind::row ? request.first_row : 0),
        tiles_(request.outputs[0].shape[0], columns_, kRandomGrain) {}
  int64_t tiles() const override { return tiles_.count; }

  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t row = tiles_.begin(tile), count = tiles_.length(tile) * columns_;
    T* to = static_cast<T*>(call.outputs[0]) + row * columns_;
    // The words stand at the end of their place until they are numbers: none is overwritten unread.
    auto* words = reinterpret_cast<uint32_t*>(to + count) - count;
    row_kernels().random_words({op_.seed().value_or(call.step->seed), call.step->step,
                                static_cast<uint32_t>(op_.call_site()), first_row_ + row,
                                tiles_.length(tile), columns_, 0},
                               words);
    for (int64_t i = 0; i < count; ++i) {
      uint32_t word;
      std::memcpy(&word, words + i, sizeof word);
      to[i] = static_cast<T>(word >> 8) * static_cast<T>(0x1p-24);
    }
  }

 private:
  RandomUniformOp op_;
  int64_t columns_, first_row_;
  RowTiles tiles_;
};

std::unique_ptr<Kernel> make_random_uniform(const KernelRequest& request) {
  return make_floating<RandomUniformKernel>("random_uniform", request);
}

TUTTI_KERNEL("random_uniform", DeviceKind::cpu, make_random_uniform);

}  // namespace
}  // namespace tutti::cpu
