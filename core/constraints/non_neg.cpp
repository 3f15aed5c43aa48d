#include "core/constraints/non_neg.h"

#include "core/ops/elementwise.h"

namespace tutti {

Value NonNeg::operator()(const Value& weight) const { return maximum(weight, 0.0); }

TUTTI_REGISTER(Constraint, NonNeg, "NonNeg", "no weight below 0");

}  // namespace tutti
