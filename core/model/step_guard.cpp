#include "core/model/step_guard.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/graph/parameter_group.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

constexpr size_t kMostNamed = 3;

}  // namespace

StepGuard::StepGuard(Trace& trace, const StepReport& report, Graph& graph, OnNan on_nan,
                     const Value& flips) {
  Value wrong;
  const auto count = [&](const Value& some) { wrong = wrong.defined() ? wrong + some : some; };
  std::vector<Value> found;
  size_t at = 0;
  for (const auto& entry : report.entries()) {
    const size_t first = at;
    for (size_t numbers = 0; numbers < entry.count; ++at)
      numbers += static_cast<size_t>(report.sums()[at].shape().elements());
    if (entry.metric) continue;
    const Value loss = report.sums()[first];
    count(cast(logical_not(is_finite(loss)), DType::f64));
    found.push_back(cast(loss, DType::f64));
    watched_.push_back({{entry.name}});
  }
  for (const auto& [group, share] : trace.gradients()) {
    if (on_nan == OnNan::watch_loss) break;
    // Optimizers square it: one whose square is infinite leaves infinity in their state.
    const Value counts = cast(group->not_finite(share, /*squares=*/true), DType::f64);
    count(reduce_sum(counts));
    found.push_back(counts);
    auto& names = watched_.emplace_back();
    for (const auto& variable : group->variables())
      names.push_back({variable->name(), variable->shape().elements()});
  }
  if (flips.defined()) count(flips);
  if (!wrong.defined()) return;  // it has nothing that could go wrong
  graph.outputs = {wrong};
  graph.outputs.insert(graph.outputs.end(), found.begin(), found.end());
  // A check of memory has to come before anything is assigned, too.
  if (on_nan == OnNan::skip || on_nan == OnNan::rollback || flips.defined())
    trace.only_if(equal(wrong, 0.0));
}

bool StepGuard::broken(const Executable& executable) const {
  return !watched_.empty() && executable.output(0).to_host().item() != 0;
}

std::string StepGuard::what(const Executable& executable) const {
  std::vector<std::string> all;
  for (size_t i = 0; i < watched_.size(); ++i) {
    const auto found = executable.output(i + 1).to_vector<double>();
    for (size_t k = 0; k < found.size(); ++k) {
      const auto& [name, elements] = watched_[i][k];
      if (elements > 0 && found[k] > 0)
        all.push_back(
            fmt::format("the gradient of '{}' is NaN, infinite or huge in {} of {} elements", name,
                        found[k], elements));
      else if (elements == 0 && found[k] - found[k] != 0)
        all.push_back(fmt::format("the {} is {}", name, std::isnan(found[k]) ? NAN : found[k]));
    }
  }
  const size_t named = std::min(all.size(), kMostNamed);
  std::string text = fmt::format("{}", fmt::join(all.begin(), all.begin() + named, ", "));
  if (named < all.size()) text += fmt::format(", and {} more", all.size() - named);
  return text;
}

}  // namespace tutti
