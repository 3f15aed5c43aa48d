// DTypePolicy: in what a layer computes, and in what it keeps its weights; Keras's names.
// "mixed_bfloat16" computes in bfloat16 with weights of float32 (Micikevicius et al., 2018), the
// name of a dtype stands for both; "int8_from_float32" and "int4/128_from_float32" are layers of
// that policy whose weights were quantized.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/dtype.h"

namespace tutti {

// What quantized weights are: whole numbers of 8 or 4 bits.
struct Quantization {
  int bits = 8;
  int64_t block_size = -1;   // of 4 bits: how many share a scale and a zero; -1: a channel, no zero
  std::string mode() const;  // "int8", "int4/128"
  bool blocks() const { return block_size > 0; }
  bool operator==(const Quantization&) const = default;
};

struct DTypePolicy {
  DTypePolicy() = default;
  DTypePolicy(DType both) : compute(both), variable(both) {}
  DTypePolicy(std::string_view name);  // throws for an unknown one
  DTypePolicy(const char* name) : DTypePolicy(std::string_view(name)) {}
  std::string name() const;
  std::string source_name() const;  // without the quantization
  bool mixed() const { return compute != variable; }
  bool operator==(const DTypePolicy&) const = default;

  DType compute = DType::f32, variable = DType::f32;
  std::optional<Quantization> quantization = {};
};

// What layers have that are not told otherwise when they are made, one per thread as the seed.
const DTypePolicy& dtype_policy();
// Throws for one of quantized weights, which come of trained ones.
void set_dtype_policy(const DTypePolicy& policy);

}  // namespace tutti
