// cast on CPU.
#include "core/ops/cast.h"

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/kernels/cpu/row_dispatch.h"
#include "core/kernels/cpu/sum_roots.h"

namespace tutti::cpu {
namespace {

template <typename T>
auto widened(T x) {
  if constexpr (std::is_same_v<T, BFloat16>)
    return from_bf16(x);
  else if constexpr (std::is_same_v<T, Float16>)
    return from_f16(x);
  else
    return x;
}

// Numbers outside an integer type are cut at its ends, NaN becomes 0: the same on every machine.
template <typename To, typename From>
To converted(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_same_v<To, BFloat16>) {
    return to_bf16(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, Float16>) {
    return to_f16(static_cast<float>(x));
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    // 2^digits is the first number past the largest and is exact in every floating type.
    const From above = std::ldexp(From(1), std::numeric_limits<To>::digits);
    const From below = static_cast<From>(std::numeric_limits<To>::lowest());
    if (!(x > below)) return x == x ? std::numeric_limits<To>::lowest() : To(0);
    return x >= above ? std::numeric_limits<To>::max() : static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

using Convert = void (*)(int64_t n, const void* in, void* out);

template <typename From, typename To>
void convert(int64_t n, const void* in, void* out) {
  for (int64_t i = 0; i < n; ++i)
    static_cast<To*>(out)[i] = converted<To>(widened(static_cast<const From*>(in)[i]));
}

// Calls use(T()) with the element type of a dtype.
template <typename Use>
Convert with_element(DType dtype, Use use) {
  switch (dtype) {
    case DType::f32:
      return use(float{});
    case DType::f64:
      return use(double{});
    case DType::i32:
      return use(int32_t{});
    case DType::i64:
      return use(int64_t{});
    case DType::u8:
      return use(uint8_t{});
    case DType::bool_:
      return use(bool{});
    case DType::bf16:
      return use(BFloat16{});
    case DType::f16:
      break;
  }
  return use(Float16{});
}

class CastKernel final : public Kernel {
 public:
  explicit CastKernel(const KernelRequest& request)
      : copies_(copies_of(request)),
        in_bytes_(static_cast<int64_t>(size_of(request.inputs[0].dtype))),
        out_bytes_(static_cast<int64_t>(size_of(request.outputs[0].dtype))),
        tiles_(request.inputs[0].shape.elements(), 1),
        convert_(with_element(request.inputs[0].dtype, [&](auto from) {
          return with_element(request.outputs[0].dtype, [&](auto to) -> Convert {
            return convert<decltype(from), decltype(to)>;
          });
        })) {}
  int64_t tiles() const override { return copies_.count * tiles_.count; }
  void run(const KernelCall& call, int64_t tile) const override {
    const int64_t root = tile / tiles_.count, at = tile % tiles_.count, begin = tiles_.begin(at);
    convert_(tiles_.length(at),
             static_cast<const std::byte*>(call.inputs[0]) +
                 (root * copies_.input_stride[0] + begin) * in_bytes_,
             static_cast<std::byte*>(call.outputs[0]) +
                 (root * copies_.output_stride + begin) * out_bytes_);
  }

 private:
  Copies copies_;
  int64_t in_bytes_, out_bytes_;
  RowTiles tiles_;
  Convert convert_;
};

std::unique_ptr<Kernel> make_cast(const KernelRequest& request) {
  return std::make_unique<CastKernel>(request);
}

TUTTI_KERNEL("cast", DeviceKind::cpu, make_cast);

}  // namespace
}  // namespace tutti::cpu
