// einsum of two values, as NumPy writes it: "abc,cd->abd", "...x,xy->...y".
//
// Axes of both sides that the result lacks are summed over, axes of one side that it lacks too.
// Rows stay axis 0 of what is a row value. No letter stands twice in one term; `...` stands for the
// axes of one side that the other lacks.
#pragma once

#include <string>

#include "core/graph/value.h"

namespace tutti {

// "ab,bc->ac" with what `...` stands for written out.
struct EinsumTerms {
  std::string left, right, result;
};
// Throws "[where] ..." for an equation that is none, or that values of so many axes do not fit.
// right_rank < 0: the right side has no `...` and as many axes as letters.
EinsumTerms einsum_terms(const std::string& equation, int left_rank, int right_rank,
                         const std::string& where);

Value einsum(const std::string& equation, const Value& left, const Value& right);

}  // namespace tutti
