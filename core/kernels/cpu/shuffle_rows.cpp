// shuffled_rows on CPU.
#include "core/ops/shuffle_rows.h"

#include <cstring>

#include "core/base/permutation.h"
#include "core/base/philox.h"
#include "core/graph/kernel.h"

namespace tutti::cpu {
namespace {

class ShuffledRowsKernel final : public Kernel {
 public:
  explicit ShuffledRowsKernel(const KernelRequest& request)
      : op_(static_cast<const ShuffledRowsOp&>(*request.op)),
        rows_(request.inputs[0].shape[0]),
        first_row_(request.first_row),
        own_rows_(request.outputs[0].shape[0]),
        row_bytes_(static_cast<size_t>(request.outputs[0].shape.elements_per_row()) *
                   size_of(request.outputs[0].dtype)) {}

  void run(const KernelCall& call, int64_t) const override {
    const PhiloxBlock key = philox_at(op_.seed().value_or(call.step->seed), call.step->step, 0,
                                      static_cast<uint32_t>(op_.call_site()), 0);
    const Permutation order(uint64_t{key.word[0]} << 32 | key.word[1], 0, rows_);
    const auto* in = static_cast<const std::byte*>(call.inputs[0]);
    auto* out = static_cast<std::byte*>(call.outputs[0]);
    const auto copy = [&](int64_t from, int64_t to) {
      std::memcpy(out + static_cast<size_t>(to) * row_bytes_,
                  in + static_cast<size_t>(from) * row_bytes_, row_bytes_);
    };
    if (!op_.inverse())
      for (int64_t i = 0; i < own_rows_; ++i) copy(order[first_row_ + i], i);
    else
      for (int64_t i = 0; i < rows_; ++i)
        if (const int64_t to = order[i] - first_row_; to >= 0 && to < own_rows_) copy(i, to);
  }

 private:
  ShuffledRowsOp op_;
  int64_t rows_, first_row_, own_rows_;
  size_t row_bytes_;
};

std::unique_ptr<Kernel> make_shuffled_rows(const KernelRequest& request) {
  return std::make_unique<ShuffledRowsKernel>(request);
}

TUTTI_KERNEL("shuffled_rows", DeviceKind::cpu, make_shuffled_rows);

}  // namespace
}  // namespace tutti::cpu
