#include "core/tensor/convert.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/base/error.h"

namespace tutti {
namespace {

// The arithmetic type that holds every value of a storage type.
template <typename T>
auto widen(T value) {
  if constexpr (std::is_same_v<T, BFloat16>)
    return from_bf16(value);
  else if constexpr (std::is_same_v<T, Float16>)
    return from_f16(value);
  else
    return value;
}

template <typename To, typename From>
To convert_element(From value) {
  if constexpr (std::is_same_v<To, BFloat16>) {
    return to_bf16(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, Float16>) {
    return to_f16(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From(0);
  } else if constexpr (std::is_integral_v<To> && !std::is_same_v<From, bool>) {
    using Limits = std::numeric_limits<To>;
    if constexpr (std::is_floating_point_v<From>) {
      if (std::isnan(value)) return 0;
      // max() + 1 is a power of two, hence exact; max() itself may not be.
      const From beyond = std::ldexp(From(1), Limits::digits);
      if (value >= beyond) return Limits::max();
      if (value < static_cast<From>(Limits::min())) return Limits::min();
      return static_cast<To>(value);
    } else {
      const int64_t wide = value;
      if (wide > static_cast<int64_t>(Limits::max())) return Limits::max();
      if (wide < static_cast<int64_t>(Limits::min())) return Limits::min();
      return static_cast<To>(wide);
    }
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace

void refuse_text() {
  fail(
      "dtype",
      "text is no number; turn it into numbers, by a StringLookup, a TextVectorization or Hashing");
}

void convert_elements(const void* source, DType from, void* target, DType to, int64_t count) {
  if (from == to) {
    if (count > 0) std::memcpy(target, source, static_cast<size_t>(count) * size_of(from));
    return;
  }
  visit_dtype(from, [&](auto in) {
    visit_dtype(to, [&](auto out) {
      const auto* read = static_cast<const decltype(in)*>(source);
      auto* write = static_cast<decltype(out)*>(target);
      for (int64_t i = 0; i < count; ++i) write[i] = convert_element<decltype(out)>(widen(read[i]));
    });
  });
}

}  // namespace tutti
