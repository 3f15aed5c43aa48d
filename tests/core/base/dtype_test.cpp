// Element types: names, promotion, and the halves over every bit pattern.
#include "core/base/dtype.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr std::array kAll = {DType::f32, DType::f64,   DType::i32,  DType::i64,
                             DType::u8,  DType::bool_, DType::bf16, DType::f16};

TEST(DType, NamesReadBack) {
  for (const DType dtype : kAll) EXPECT_EQ(parse_dtype(name_of(dtype)), dtype);
  EXPECT_THAT([] { parse_dtype("float23"); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("did you mean 'float32'?")));
}

TEST(DType, SizesAreThoseOfTheCppTypes) {
  EXPECT_EQ(size_of(dtype_of<float>), sizeof(float));
  EXPECT_EQ(size_of(dtype_of<double>), sizeof(double));
  EXPECT_EQ(size_of(dtype_of<int32_t>), 4u);
  EXPECT_EQ(size_of(dtype_of<int64_t>), 8u);
  EXPECT_EQ(size_of(dtype_of<uint8_t>), 1u);
  EXPECT_EQ(size_of(dtype_of<bool>), sizeof(bool));
  EXPECT_EQ(size_of(dtype_of<BFloat16>), 2u);
  EXPECT_EQ(size_of(dtype_of<Float16>), 2u);
}

TEST(DType, PromotionIsSymmetricAndNeverLosesTheFraction) {
  for (const DType a : kAll) {
    EXPECT_EQ(promote(a, a), a);
    for (const DType b : kAll) {
      EXPECT_EQ(promote(a, b), promote(b, a));
      EXPECT_EQ(is_floating(promote(a, b)), is_floating(a) || is_floating(b));
      EXPECT_GE(size_of(promote(a, b)), is_floating(a) == is_floating(b)
                                            ? std::max(size_of(a), size_of(b))
                                            : size_of(is_floating(a) ? a : b));
    }
  }
  EXPECT_EQ(promote(DType::i8, DType::u8), DType::i32);
  EXPECT_EQ(promote(DType::bf16, DType::f16), DType::f32);
  EXPECT_EQ(promote(DType::i64, DType::f32), DType::f32);
  EXPECT_EQ(promote(DType::u8, DType::i32), DType::i32);
}

// What the bits mean, in f64: sign * fraction * 2^exponent.
double meaning(uint16_t bits, int exponent_bits, int fraction_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == (1 << exponent_bits) - 1) {
    return fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                         : sign * std::numeric_limits<double>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
}

struct Half {
  const char* name;
  int exponent_bits, fraction_bits;
  float (*read)(uint16_t);
  uint16_t (*write)(float);
};

const std::array<Half, 2> kHalves = {
    {{"bfloat16", 8, 7, [](uint16_t bits) { return from_bf16({bits}); },
      [](float value) { return to_bf16(value).bits; }},
     {"float16", 5, 10, [](uint16_t bits) { return from_f16({bits}); },
      [](float value) { return to_f16(value).bits; }}}};

class Halves : public testing::TestWithParam<Half> {};

TEST_P(Halves, EveryPatternMeansWhatTheFormatSaysAndReadsBack) {
  const Half& half = GetParam();
  for (uint32_t pattern = 0; pattern <= 0xffff; ++pattern) {
    const auto bits = static_cast<uint16_t>(pattern);
    const double expected = meaning(bits, half.exponent_bits, half.fraction_bits);
    const float value = half.read(bits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(value)) << pattern;
      ASSERT_TRUE(std::isnan(half.read(half.write(value)))) << pattern;
      ASSERT_EQ(half.write(value) & 0x8000, bits & 0x8000) << pattern;
    } else {
      ASSERT_EQ(static_cast<double>(value), expected) << pattern;
      ASSERT_EQ(half.write(value), bits) << pattern;
    }
  }
}

// Between two neighbours: below the middle down, above it up, on it to the even pattern.
TEST_P(Halves, RoundToNearestEven) {
  const Half& half = GetParam();
  const uint32_t infinity = ((1u << half.exponent_bits) - 1) << half.fraction_bits;
  for (uint32_t pattern = 0; pattern + 1 < infinity; ++pattern) {
    const auto low = static_cast<uint16_t>(pattern), high = static_cast<uint16_t>(pattern + 1);
    const double a = half.read(low), b = half.read(high);
    const auto middle = static_cast<float>((a + b) / 2);
    if (static_cast<double>(middle) != (a + b) / 2) continue;  // below f32's own numbers
    const uint16_t even = (low & 1) == 0 ? low : high;
    ASSERT_EQ(half.write(middle), even) << pattern;
    ASSERT_EQ(half.write(-middle), even | 0x8000) << pattern;
    ASSERT_EQ(half.write(std::nextafter(middle, 0.0f)), low) << pattern;
    ASSERT_EQ(half.write(std::nextafter(middle, INFINITY)), high) << pattern;
  }
}

TEST_P(Halves, WhatIsTooLargeBecomesInfinity) {
  const Half& half = GetParam();
  const auto infinity =
      static_cast<uint16_t>(((1u << half.exponent_bits) - 1) << half.fraction_bits);
  const double largest = half.read(static_cast<uint16_t>(infinity - 1));
  const double next = 2 * largest - half.read(static_cast<uint16_t>(infinity - 2));
  const auto middle = static_cast<float>(largest + (next - largest) / 2);
  EXPECT_EQ(half.write(middle), infinity);
  EXPECT_EQ(half.write(std::nextafter(middle, 0.0f)), infinity - 1);
  EXPECT_EQ(half.write(std::numeric_limits<float>::max()), infinity);
  EXPECT_EQ(half.write(-INFINITY), infinity | 0x8000);
  EXPECT_EQ(half.write(std::numeric_limits<float>::denorm_min()), 0);
}

INSTANTIATE_TEST_SUITE_P(Both, Halves, testing::ValuesIn(kHalves),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace tutti
