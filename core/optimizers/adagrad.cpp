#include "core/optimizers/adagrad.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"

namespace tutti {

Adagrad::Adagrad(Options options)
    : Optimizer(common_options(options)), options_(std::move(options)) {
  if (!(options_.initial_accumulator_value >= 0))
    fail("Adagrad", "initial_accumulator_value is {}; use 0 or more",
         options_.initial_accumulator_value);
}

Value Adagrad::update(const Update& u) const {
  const Value sum = u.slot("accumulator", options_.initial_accumulator_value) + square(u.gradient);
  u.set_slot("accumulator", sum);
  return u.parameter - u.learning_rate * u.gradient / sqrt(sum + options_.epsilon);
}

TUTTI_REGISTER(Optimizer, Adagrad, "Adagrad", "gradients divided by the root of their squares' sum")
    .argument("initial_accumulator_value", &AdagradOptions::initial_accumulator_value,
              "what the sum of squares begins with")
    .argument("epsilon", &AdagradOptions::epsilon, "added to the sum")
    .with(declare_common_options);

}  // namespace tutti
