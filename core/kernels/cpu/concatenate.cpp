// concatenate on CPU: a strided copy per input.
#include "core/ops/concatenate.h"

#include <algorithm>

#include "core/kernels/cpu/strided_copy.h"
#include "core/kernels/cpu/sum_roots.h"

namespace tutti::cpu {
namespace {

class ConcatenateKernel final : public Kernel {
 public:
  explicit ConcatenateKernel(const KernelRequest& request)
      : copies_(copies_of(request)), item_(static_cast<int64_t>(size_of(request.inputs[0].dtype))) {
    const int axis = static_cast<const ConcatenateOp&>(*request.op).axis();
    const auto out = dense_strides(request.outputs[0].shape);
    int64_t begin = 0;
    for (const auto& input : request.inputs) {
      boxes_.emplace_back(size_of(input.dtype), input.shape.dims(), dense_strides(input.shape), out,
                          0, begin * out[static_cast<size_t>(axis)]);
      begin += input.shape[axis];
      first_piece_.push_back(pieces_);
      pieces_ += boxes_.back().tiles();
    }
    const int64_t elements = request.outputs[0].shape.elements();
    pieces_per_tile_ = std::max<int64_t>(1, pieces_ * kTileElements / std::max(elements, kOne));
  }
  int64_t tiles() const override {
    return copies_.count * ((pieces_ + pieces_per_tile_ - 1) / pieces_per_tile_);
  }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t per_root = tiles() / copies_.count;
    const int64_t root = tile / per_root, begin = tile % per_root * pieces_per_tile_;
    const int64_t end = std::min(begin + pieces_per_tile_, pieces_);
    size_t i = boxes_.size() - 1;
    while (first_piece_[i] > begin) --i;
    for (int64_t piece = begin; piece < end; ++piece) {
      while (i + 1 < boxes_.size() && first_piece_[i + 1] <= piece) ++i;
      boxes_[i].run(
          static_cast<const std::byte*>(call.inputs[i]) + root * copies_.input_stride[i] * item_,
          static_cast<std::byte*>(call.outputs[0]) + root * copies_.output_stride * item_,
          piece - first_piece_[i]);
    }
  }

 private:
  // Inputs smaller than this share a tile.
  static constexpr int64_t kTileElements = 16 * 1024, kOne = 1;

  Copies copies_;
  int64_t item_;
  std::vector<StridedCopy> boxes_;
  std::vector<int64_t> first_piece_;  // of each input: a piece is a tile of its copy
  int64_t pieces_ = 0, pieces_per_tile_ = 1;
};

std::unique_ptr<Kernel> make_concatenate(const KernelRequest& request) {
  return std::make_unique<ConcatenateKernel>(request);
}

TUTTI_KERNEL("concatenate", DeviceKind::cpu, make_concatenate);

}  // namespace
}  // namespace tutti::cpu
