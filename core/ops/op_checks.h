// Checks that the shape rules of ops share. Each throws "[op] ..." naming the shape and the remedy.
#pragma once

#include <span>

#include "core/graph/op.h"

namespace tutti {

void require_inputs(const char* op, std::span<const ValueType> inputs, size_t count);
void require_floating(const char* op, const ValueType& type);
void require_integer(const char* op, const ValueType& type);
// kRows stays with row values: a value whose kind is row and whose shape has rows, or neither.
void require_kind(const char* op, const ValueType& type, ValueKind kind, const char* remedy);

// The rank's rows or the whole: elements of a shape whose rows count as one.
int64_t elements_with_one_row(const Shape& shape);

}  // namespace tutti
