// The default training step: what a compiled model does with a batch.
#include <fmt/format.h>

#include <set>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/gradient.h"
#include "core/layers/layer_output.h"
#include "core/model/model.h"
#include "core/ops/elementwise.h"

namespace tutti {
namespace {

void require_targets(const Model& model, const StepData& data) {
  if (data.y.size() != model.output_names().size())
    fail(ExitCode::data, model.name(),
         "the model has {} outputs, the data has {} targets; give one for each",
         model.output_names().size(), data.y.size());
}

}  // namespace

MetricList Metrics::of(size_t output, const std::vector<std::string>& names) const {
  if (const auto found = named.find(names[output]); found != named.end()) return found->second;
  if (names.size() > 1 && !entries.empty() && entries.size() != names.size())
    fail("compile",
         "the list of metrics has {} entries, the model has {} outputs; give one for each, or name "
         "the outputs",
         entries.size(), names.size());
  if (names.size() > 1) return entries.empty() ? MetricList{} : entries[output].list;
  MetricList all;
  for (const auto& entry : entries) all.insert(all.end(), entry.list.begin(), entry.list.end());
  return all;
}

void Model::train_step(const StepData& data, StepReport& report) {
  const auto y_pred = apply(data.x);
  const Value loss = compute_loss(data, y_pred, report);
  minimize(loss, data);
  report.mean("loss", loss);
  report_metrics(data, y_pred, report);
}

void Model::test_step(const StepData& data, StepReport& report) {
  const auto y_pred = apply(data.x);
  report.mean("loss", compute_loss(data, y_pred, report));
  report_metrics(data, y_pred, report);
}

void Model::minimize(const Value& loss, const StepData& data) const {
  minimize(loss, data, optimizer(), trainable_weights());
}

void Model::minimize(const Value& loss, const StepData& data, Optimizer& optimizer,
                     const std::vector<VariablePtr>& variables) const {
  if (!optimizer.built()) optimizer.build(variables, *current_world().reducer);
  if (optimizer.trained() != variables)
    fail(name(),
         "its optimizer was built for other weights; compile() again after layers or what is "
         "trainable changed, and give other weights an optimizer of their own");
  std::vector<Value> parameters;
  for (const auto& variable : variables) parameters.push_back(variable->read());
  optimizer.apply(split_gradients(optimizer.scale_loss(loss), parameters), data.layout);
}

Value Model::compute_loss(const StepData& data, const std::vector<Value>& y_pred,
                          StepReport& report) const {
  require_targets(*this, data);
  const CompileOptions& options = compile_options();
  options.loss.check(output_names_, "compile", "loss", true);
  options.loss_weights.check(output_names_, "compile", "loss_weights", false);
  Value total;
  const auto add = [&](const Value& term) { total = total.defined() ? total + term : term; };
  std::vector<std::pair<std::string, Value>> each;
  for (size_t i = 0; i < y_pred.size(); ++i) {
    const auto* loss = options.loss.of(i, output_names_);
    if (!loss || !*loss) continue;
    if ((*loss)->reduction() == "none")
      fail("compile",
           "the loss of output '{}' has reduction none, which leaves no scalar to train on; use "
           "sum_over_batch_size",
           output_names_[i]);
    const Value value = (**loss)(data.y[i], y_pred[i], data.sample_weight[i]);
    each.emplace_back(output_names_[i] + "_loss", value);
    const double* weight = options.loss_weights.of(i, output_names_);
    add(weight ? value * *weight : value);
  }
  if (!total.defined())
    fail("compile", "no output has a loss; give compile() a loss, such as \"mse\"");
  for (const auto& penalty : regularization_losses()) add(penalty);
  if (const auto call = layer_call_of(y_pred[0]))
    for (const auto& loss : call->losses) add(loss);
  if (each.size() > 1)
    for (const auto& [name, value] : each) report.mean(name, value);
  return sum_rows(total);
}

void Model::report_metrics(const StepData& data, const std::vector<Value>& y_pred,
                           StepReport& report) const {
  std::set<std::string> taken;
  const auto report_list = [&](const Metrics& metrics, bool weighted, const char* again) {
    if (metrics.entries.empty() && metrics.named.empty()) return;
    require_targets(*this, data);
    check_output_names(names_in(metrics.named), output_names_, "compile", "metrics", false);
    for (size_t i = 0; i < y_pred.size(); ++i) {
      const auto* loss = compile_options().loss.of(i, output_names_);
      for (const auto& ref : metrics.of(i, output_names_)) {
        const auto metric = resolve_metric(ref, data.y[i].shape(), y_pred[i].shape(),
                                           loss && *loss && (*loss)->sparse_labels());
        const std::string prefix = y_pred.size() > 1 ? output_names_[i] + "_" : "";
        // A name that is taken gets a number, behind "weighted_" where the metric is weighted.
        std::string name = prefix + metric->name();
        if (taken.contains(name)) name = prefix + again + metric->name();
        const std::string stem = name;
        for (int number = 1; !taken.insert(name).second; ++number)
          name = fmt::format("{}_{}", stem, number);
        report.metric(name, metric, data.y[i], y_pred[i],
                      weighted ? data.sample_weight[i] : Value());
      }
    }
  };
  report_list(compile_options().metrics, false, "");
  report_list(compile_options().weighted_metrics, true, "weighted_");
}

}  // namespace tutti
