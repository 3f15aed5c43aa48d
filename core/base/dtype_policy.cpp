#include "core/base/dtype_policy.h"

#include <charconv>
#include <vector>

#include "core/base/error.h"

namespace tutti {
namespace {

DTypePolicy& current_policy() {
  thread_local DTypePolicy policy;
  return policy;
}

constexpr std::string_view kMixed = "mixed_", kFrom = "_from_";

// "int8", "int4/128"; "int4" of old files is "int4/-1".
Quantization parse_quantization(std::string_view mode, std::string_view name) {
  if (mode == "int8") return {};
  if (mode == "int4") return {4, -1};
  constexpr std::string_view blocks = "int4/";
  Quantization four{4, 0};
  const char* end = mode.data() + mode.size();
  const bool number = mode.starts_with(blocks) &&
                      std::from_chars(mode.data() + blocks.size(), end, four.block_size).ptr == end;
  if (!number || (four.block_size < 1 && four.block_size != -1))
    fail("dtype", "unknown quantization '{}' of policy '{}'; use int8, int4/-1 or int4/128", mode,
         name);
  return four;
}

}  // namespace

std::string Quantization::mode() const {
  return bits == 8 ? "int8" : fmt::format("int4/{}", block_size);
}

DTypePolicy::DTypePolicy(std::string_view name) {
  if (const size_t from = name.find(kFrom); from != std::string_view::npos) {
    *this = DTypePolicy(name.substr(from + kFrom.size()));
    if (quantization) fail("dtype", "policy '{}' quantizes twice; name one quantization", name);
    quantization = parse_quantization(name.substr(0, from), name);
    return;
  }
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

std::string DTypePolicy::source_name() const {
  return (mixed() ? std::string(kMixed) : "") + std::string(name_of(compute));
}

std::string DTypePolicy::name() const {
  return (quantization ? quantization->mode() + std::string(kFrom) : "") + source_name();
}

const DTypePolicy& dtype_policy() { return current_policy(); }

void set_dtype_policy(const DTypePolicy& policy) {
  if (policy.quantization)
    fail("dtype", "'{}' is for weights that were trained; quantize() the model instead",
         policy.name());
  current_policy() = policy;
}

}  // namespace tutti
