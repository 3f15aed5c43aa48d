#include "core/optimizers/adafactor.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace tutti {

Adafactor::Adafactor(Options options)
    : Optimizer(common_options(options)), options_(std::move(options)) {
  if (!(options_.beta_2_decay <= 0))
    fail("Adafactor", "beta_2_decay is {}; use 0 or less", options_.beta_2_decay);
  if (!(options_.clip_threshold > 0))
    fail("Adafactor", "clip_threshold is {}; use a positive number", options_.clip_threshold);
}

Value Adafactor::factored(const Update& u, const Value& squares, const Value& plain,
                          const Value& beta) const {
  ParameterGroup& group = *u.self.group();
  const auto& variables = group.variables();
  std::vector<double> matrix;  // 1 or 0 for each variable
  for (const auto& variable : variables) matrix.push_back(variable->shape().rank() >= 2);
  if (std::find(matrix.begin(), matrix.end(), 1.0) == matrix.end()) return plain;
  std::vector<Value> whole = group.gather(squares);
  for (size_t i = 0; i < variables.size(); ++i) {
    const auto mean = [&](const char* name, int axis) {
      const Value now = reduce_mean(whole[i], {axis});
      const std::string slot = fmt::format("{}_{}", name, i);
      const Value next =
          beta * u.whole_slot(slot, Tensor::zeros(now.shape(), now.dtype())) + (1.0 - beta) * now;
      u.set_slot(slot, next);
      return next;
    };
    if (matrix[i] == 0) {
      whole[i] = Value(Tensor::zeros(variables[i]->shape(), group.dtype()));
      continue;
    }
    const Value rows = mean("row_means", -1), columns = mean("column_means", -2);
    whole[i] = expand_dims(rows / reduce_mean(rows, {-1}, true), -1) * expand_dims(columns, -2);
  }
  const auto count = static_cast<int64_t>(matrix.size());
  const Value mask = group.expand(Value(Tensor::from(matrix, {count}).to(group.dtype())));
  return select(greater(mask, 0.0), group.take(whole), plain);
}

Value Adafactor::update(const Update& u) const {
  ParameterGroup& group = *u.self.group();
  std::vector<double> sizes;
  for (const auto& variable : group.variables())
    sizes.push_back(static_cast<double>(variable->shape().elements()));
  const auto count = static_cast<int64_t>(sizes.size());
  const Value elements(Tensor::from(sizes, {count}).to(group.dtype()));
  const auto rms = [&](const Value& share) {
    return sqrt(group.tensor_sums(square(share)) / elements);
  };
  // As in Keras the rate is never above it, whatever relative_step says.
  const Value falling = u.scalar(1.0 / sqrt(u.step));
  const Value scale =
      maximum(rms(u.parameter), options_.epsilon_2) * minimum(u.learning_rate, falling);
  const Value squares = square(u.gradient) + options_.epsilon_1;
  const Value beta = u.scalar(1.0 - pow(u.step, options_.beta_2_decay));
  const Value v = factored(u, squares, beta * u.slot("velocity") + (1.0 - beta) * squares, beta);
  u.set_slot("velocity", v);
  const Value step = u.gradient / sqrt(v);
  const Value cut = maximum(rms(step) / options_.clip_threshold, 1.0);
  return u.parameter - group.expand(scale / cut) * step;
}

TUTTI_REGISTER(Optimizer, Adafactor, "Adafactor", "Adam with the state of rows and columns")
    .argument("beta_2_decay", &AdafactorOptions::beta_2_decay, "how the mean of squares slows down")
    .argument("epsilon_1", &AdafactorOptions::epsilon_1, "added to squared gradients")
    .argument("epsilon_2", &AdafactorOptions::epsilon_2, "least size of a variable")
    .argument("clip_threshold", &AdafactorOptions::clip_threshold, "largest size of a step")
    .argument("relative_step", &AdafactorOptions::relative_step,
              "let the rate fall as 1 / sqrt(step)")
    .with(declare_common_options);

}  // namespace tutti
