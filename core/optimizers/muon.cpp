#include "core/optimizers/muon.h"

#include <algorithm>
#include <cmath>
#include <regex>

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/transpose.h"

namespace tutti {

Muon::Muon(Options options) : Optimizer(common_options(options)), options_(std::move(options)) {
  const auto check_part = [](const char* name, double value) {
    if (!(value >= 0 && value < 1))
      fail("Muon", "{} is {}; use a number from 0 to below 1", name, value);
  };
  check_part("adam_beta_1", options_.adam_beta_1);
  check_part("adam_beta_2", options_.adam_beta_2);
  check_part("momentum", options_.momentum);
  if (options_.ns_steps < 0) fail("Muon", "ns_steps is {}; use 0 or more", options_.ns_steps);
  for (const auto& pattern : options_.exclude_layers.value_or(std::vector<std::string>{})) {
    try {
      (void)std::regex(pattern);
    } catch (const std::regex_error& error) {
      fail("Muon", "exclude_layers: '{}' is no regular expression ({}); mend it", pattern,
           error.what());
    }
  }
}

bool Muon::goes_by_adam(const Variable& variable) const {
  if (variable.shape().rank() != 2) return true;
  std::string name = variable.name();
  for (const auto& pattern : options_.exclude_layers.value_or(std::vector<std::string>{}))
    if (std::regex_search(name, std::regex(pattern))) return true;
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return options_.exclude_embeddings && name.find("embedding") != std::string::npos;
}

std::optional<double> Muon::weight_decay_of(const Variable& variable) const {
  return goes_by_adam(variable) ? options_.adam_weight_decay : options_.weight_decay;
}

// Towards the nearest orthogonal matrix: a x + b (x x^T) x + c (x x^T)^2 x keeps singular vectors
// and drives singular values to 1.
Value Muon::orthogonal(const Value& matrix) const {
  const bool tall = matrix.shape()[0] > matrix.shape()[1];
  Value x = tall ? transpose(matrix) : matrix;
  x = x / (sqrt(reduce_sum(square(x))) + 1e-7);
  for (int64_t i = 0; i < options_.ns_steps; ++i) {
    const Value a = matmul(x, x, false, true);
    const Value b = options_.muon_b * a + options_.muon_c * matmul(a, a);
    x = options_.muon_a * x + matmul(b, x);
  }
  if (options_.rms_rate) {
    const auto longest = std::max(x.shape()[0], x.shape()[1]);
    x = x * (std::sqrt(static_cast<double>(longest)) * *options_.rms_rate);
  }
  return tall ? transpose(x) : x;
}

Value Muon::update(const Update& u) const {
  ParameterGroup& group = *u.self.group();
  const auto& variables = group.variables();
  std::vector<double> by_adam;  // 1 or 0 for each variable
  for (const auto& variable : variables) by_adam.push_back(goes_by_adam(*variable));
  const auto count = static_cast<int64_t>(by_adam.size());
  const Value adam =
      greater(group.expand(Value(Tensor::from(by_adam, {count}).to(group.dtype()))), 0.0);

  const Value before = u.slot("momentum"), g = u.gradient;
  const Value m = select(adam, before + (g - before) * (1.0 - options_.adam_beta_1),
                         before + (g + before * (options_.momentum - 1.0)));
  const Value v =
      u.slot("velocity") + (square(g) - u.slot("velocity")) * (1.0 - options_.adam_beta_2);
  u.set_slot("momentum", m);
  u.set_slot("velocity", v);

  std::vector<Value> whole = group.gather(options_.nesterov ? g + options_.momentum * m : m);
  for (size_t i = 0; i < whole.size(); ++i)
    whole[i] = by_adam[i] == 1.0 ? Value(Tensor::zeros(variables[i]->shape(), group.dtype()))
                                 : orthogonal(whole[i]);
  const Value correction_1 = 1.0 - pow(f64_scalar(options_.adam_beta_1), u.step);
  const Value correction_2 = 1.0 - pow(f64_scalar(options_.adam_beta_2), u.step);
  const Value rate =
      u.learning_rate * options_.adam_lr_ratio * u.scalar(sqrt(correction_2) / correction_1);
  return u.parameter -
         select(adam, m * rate / (sqrt(v) + options_.epsilon), u.learning_rate * group.take(whole));
}

TUTTI_REGISTER(Optimizer, Muon, "Muon", "orthogonalized momentum for matrices, Adam for the rest")
    .argument("adam_beta_1", &MuonOptions::adam_beta_1, "Adam's decay of the mean of gradients")
    .argument("adam_beta_2", &MuonOptions::adam_beta_2, "Adam's decay of the mean of their squares")
    .argument("adam_weight_decay", &MuonOptions::adam_weight_decay,
              "decoupled decay of what goes by Adam")
    .argument("epsilon", &MuonOptions::epsilon, "added to the root of Adam's second mean")
    .with(declare_common_options)
    .argument("exclude_layers", &MuonOptions::exclude_layers,
              "regular expressions of names that go by Adam")
    .argument("exclude_embeddings", &MuonOptions::exclude_embeddings,
              "whether names with 'embedding' go by Adam")
    .argument("muon_a", &MuonOptions::muon_a, "factor of x in a Newton-Schulz step")
    .argument("muon_b", &MuonOptions::muon_b, "factor of (x x^T) x")
    .argument("muon_c", &MuonOptions::muon_c, "factor of (x x^T)^2 x")
    .argument("adam_lr_ratio", &MuonOptions::adam_lr_ratio, "Adam's rate over Muon's")
    .argument("momentum", &MuonOptions::momentum, "part of the momentum that goes on")
    .argument("ns_steps", &MuonOptions::ns_steps, "Newton-Schulz steps")
    .argument("nesterov", &MuonOptions::nesterov, "look ahead along the momentum")
    .argument("rms_rate", &MuonOptions::rms_rate,
              "size of a step over the root of the longer side; null: none");

}  // namespace tutti
