#include "core/base/dtype_policy.h"

#include <vector>

#include "core/base/error.h"

namespace tutti {
namespace {

DTypePolicy& current_policy() {
  thread_local DTypePolicy policy;
  return policy;
}

constexpr std::string_view kMixed = "mixed_";

}  // namespace

DTypePolicy::DTypePolicy(std::string_view name) {
  for (const DType half : {DType::bf16, DType::f16})
    if (name.starts_with(kMixed) && name.substr(kMixed.size()) == name_of(half)) {
      compute = half;
      return;
    }
  if (name.starts_with(kMixed))
    fail("dtype", "unknown policy '{}'{}", name,
         near_or(name, {"mixed_bfloat16", "mixed_float16"}, "; use mixed_bfloat16"));
  compute = variable = parse_dtype(name);
}

std::string DTypePolicy::name() const {
  return (mixed() ? std::string(kMixed) : "") + std::string(name_of(compute));
}

const DTypePolicy& dtype_policy() { return current_policy(); }
void set_dtype_policy(const DTypePolicy& policy) { current_policy() = policy; }

}  // namespace tutti
