// DTypePolicy: in what a layer computes, and in what it keeps its weights; Keras's names.
// "mixed_bfloat16" computes in bfloat16 with weights of float32 (Micikevicius et al., 2018), the
// name of a dtype stands for both.
#pragma once

#include <string>
#include <string_view>

#include "core/base/dtype.h"

namespace tutti {

struct DTypePolicy {
  DTypePolicy() = default;
  DTypePolicy(DType both) : compute(both), variable(both) {}
  DTypePolicy(std::string_view name);  // throws for an unknown one
  DTypePolicy(const char* name) : DTypePolicy(std::string_view(name)) {}
  std::string name() const;
  bool mixed() const { return compute != variable; }
  bool operator==(const DTypePolicy&) const = default;

  DType compute = DType::f32, variable = DType::f32;
};

// What layers have that are not told otherwise when they are made, one per thread as the seed.
const DTypePolicy& dtype_policy();
void set_dtype_policy(const DTypePolicy& policy);

}  // namespace tutti
