#include "core/kernels/cpu/strided_copy.h"

#include <algorithm>
#include <cstring>

#include "core/kernels/cpu/sum_roots.h"

namespace tutti::cpu {

std::vector<int64_t> dense_strides(const Shape& shape) {
  std::vector<int64_t> strides(static_cast<size_t>(shape.rank()));
  int64_t stride = 1;
  for (int axis = shape.rank(); axis-- > 0;) {
    strides[static_cast<size_t>(axis)] = stride;
    stride *= shape[axis];
  }
  return strides;
}

StridedCopy::StridedCopy(size_t element_bytes, std::vector<int64_t> extents,
                         std::vector<int64_t> in_strides, std::vector<int64_t> out_strides,
                         int64_t in_offset, int64_t out_offset)
    : element_bytes_(element_bytes), in_offset_(in_offset), out_offset_(out_offset) {
  int64_t elements = 1;
  for (size_t i = 0; i < extents.size(); ++i) {
    elements *= extents[i];
    if (extents[i] == 1) continue;
    const Axis axis{extents[i], in_strides[i], out_strides[i]};
    if (!axes_.empty() && axes_.back().in == axis.extent * axis.in &&
        axes_.back().out == axis.extent * axis.out)
      axes_.back() = {axes_.back().extent * axis.extent, axis.in, axis.out};
    else
      axes_.push_back(axis);
  }
  if (axes_.empty()) axes_.push_back({1, 1, 1});
  constexpr int64_t kGrain = 16384;
  const int64_t each = std::max<int64_t>(1, elements / std::max<int64_t>(1, axes_[0].extent));
  step_ = std::max<int64_t>(1, kGrain / each);
  tiles_ = std::max<int64_t>(1, (axes_[0].extent + step_ - 1) / step_);
}

template <typename Element>
void StridedCopy::copy(const Element* in, Element* out, size_t axis, int64_t begin,
                       int64_t end) const {
  const Axis& a = axes_[axis];
  if (axis + 1 < axes_.size()) {
    for (int64_t i = begin; i < end; ++i)
      copy(in + i * a.in, out + i * a.out, axis + 1, 0, axes_[axis + 1].extent);
  } else if (a.in == 1 && a.out == 1) {
    std::copy(in + begin, in + end, out + begin);
  } else if (a.in == 0 && a.out == 1) {
    std::fill(out + begin, out + end, *in);
  } else {
    for (int64_t i = begin; i < end; ++i) out[i * a.out] = in[i * a.in];
  }
}

void StridedCopy::run(const std::byte* in, std::byte* out, int64_t tile) const {
  const int64_t begin = tile * step_, end = std::min(begin + step_, axes_[0].extent);
  const auto as = [&](auto element) {
    using Element = decltype(element);
    copy(reinterpret_cast<const Element*>(in) + in_offset_,
         reinterpret_cast<Element*>(out) + out_offset_, 0, begin, end);
  };
  switch (element_bytes_) {
    case 1:
      return as(uint8_t{});
    case 2:
      return as(uint16_t{});
    case 4:
      return as(uint32_t{});
    default:
      return as(uint64_t{});
  }
}

namespace {

class StridedKernel final : public Kernel {
 public:
  StridedKernel(const KernelRequest& request, StridedCopy copy)
      : copies_(copies_of(request)),
        bytes_(static_cast<int64_t>(size_of(request.inputs[0].dtype))),
        copy_(std::move(copy)) {}
  int64_t tiles() const override { return copies_.count * copy_.tiles(); }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t root = tile / copy_.tiles();
    copy_.run(
        static_cast<const std::byte*>(call.inputs[0]) + root * copies_.input_stride[0] * bytes_,
        static_cast<std::byte*>(call.outputs[0]) + root * copies_.output_stride * bytes_,
        tile % copy_.tiles());
  }

 private:
  Copies copies_;
  int64_t bytes_;
  StridedCopy copy_;
};

}  // namespace

std::unique_ptr<Kernel> make_strided_kernel(const KernelRequest& request, StridedCopy copy) {
  return std::make_unique<StridedKernel>(request, std::move(copy));
}

}  // namespace tutti::cpu
