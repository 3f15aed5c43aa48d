#include "core/regularizers/l1_l2.h"

#include <cmath>

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

void check_factor(const char* where, const char* name, double factor) {
  if (!std::isfinite(factor)) fail(where, "{} is {}; use a finite number", name, factor);
}

Value magnitudes(double factor, const Value& weight) { return factor * reduce_sum(abs(weight)); }
Value squares(double factor, const Value& weight) { return factor * reduce_sum(square(weight)); }

}  // namespace

L1::L1(Options options) : options_(options) { check_factor("L1", "l1", options_.l1); }
L2::L2(Options options) : options_(options) { check_factor("L2", "l2", options_.l2); }
L1L2::L1L2(Options options) : options_(options) {
  check_factor("L1L2", "l1", options_.l1);
  check_factor("L1L2", "l2", options_.l2);
}

Value L1::operator()(const Value& weight) const { return magnitudes(options_.l1, weight); }
Value L2::operator()(const Value& weight) const { return squares(options_.l2, weight); }
Value L1L2::operator()(const Value& weight) const {
  return magnitudes(options_.l1, weight) + squares(options_.l2, weight);
}

TUTTI_REGISTER(Regularizer, L1, "L1", "l1 times the sum of magnitudes")
    .argument("l1", &L1Options::l1, "factor");
TUTTI_REGISTER(Regularizer, L2, "L2", "l2 times the sum of squares")
    .argument("l2", &L2Options::l2, "factor");
TUTTI_REGISTER(Regularizer, L1L2, "L1L2", "the sum of both")
    .argument("l1", &L1L2Options::l1, "factor of the sum of magnitudes")
    .argument("l2", &L1L2Options::l2, "factor of the sum of squares")
    .alias("l1_l2");

}  // namespace tutti
