#include "core/ops/op_checks.h"

#include "core/base/error.h"

namespace tutti {

void require_inputs(const char* op, std::span<const ValueType> inputs, size_t count) {
  if (inputs.size() != count)
    fail(op, "got {} inputs, takes {}; call the builder function of the op", inputs.size(), count);
}

void require_floating(const char* op, const ValueType& type) {
  if (!is_floating(type.dtype))
    fail(op, "takes floating values, got {}; cast it to float32 first", to_string(type));
}

void require_integer(const char* op, const ValueType& type) {
  if (is_floating(type.dtype) || type.dtype == DType::bool_)
    fail(op, "takes integer indices, got {}; cast it to int64 first", to_string(type));
}

void require_kind(const char* op, const ValueType& type, ValueKind kind, const char* remedy) {
  if (type.kind != kind)
    fail(op, "got {}, takes a {} value; {}", to_string(type), name_of(kind), remedy);
}

int64_t elements_with_one_row(const Shape& shape) { return shape.with_rows(1).elements(); }

}  // namespace tutti
