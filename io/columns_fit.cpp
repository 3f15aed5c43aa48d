// What a pipeline of columns learns from training rows.
#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "io/columns.h"

namespace tutti {

bool ColumnPipeline::is_output(const std::string& column) const {
  return std::any_of(options_.outputs.begin(), options_.outputs.end(),
                     [&](const auto& output) { return output.second == column; });
}

ColumnPipeline::Plan ColumnPipeline::make_plan(const Table& some, const std::string& name,
                                               bool is_output) const {
  const Column& column = some.column(name);
  Plan plan;
  plan.column = name;
  auto chosen = options_.treatments.find(name);
  if (chosen == options_.treatments.end() && !is_output && !column.is_text())
    chosen = options_.treatments.find("*");
  if (chosen != options_.treatments.end())
    for (const auto& treatment : chosen->second) plan.steps.push_back({treatment, {}});
  for (const auto& step : plan.steps)
    if (!step.treatment)
      fail("columns",
           "column '{}' has a treatment without a name; write columns: {{{}: standardize}}", name,
           name);
  if (plan.steps.empty() && column.is_text()) {
    if (!is_output)
      fail(ExitCode::data, some.source,
           "column '{}' is text; say columns: {{{}: one_hot}}, or {{{}: text}} for a model that "
           "takes text, or leave it out by naming the inputs:",
           name, name, name);
    plan.steps.push_back({Ref<Treatment>("classes"), {}});
  }
  plan.scaled = plan.steps.empty() && !is_output;
  return plan;
}

void ColumnPipeline::finish_plan(Plan& plan, const Table& some) const {
  const bool output = is_output(plan.column);
  if (output) need_no_gaps(some.column(plan.column), some);
  const Column treated = treat(plan, some);
  if (output && treated.is_text())
    fail(ExitCode::data, some.source,
         "column '{}' is a label and stays text; say columns: {{{}: classes}}", plan.column,
         plan.column);
  plan.whole = !treated.is_text() && !is_floating(treated.values.dtype());
}

// How far a plan is: its steps before `at` have learnt all that they need.
struct ColumnPipeline::Learning {
  Plan& plan;
  bool is_output;
  size_t at = 0;
  std::unique_ptr<Fitting> fitting;

  // To the next step that has to see rows; false if there is none.
  bool wants_rows() {
    for (; at < plan.steps.size(); ++at, fitting.reset()) {
      if (!fitting) fitting = plan.steps[at].treatment->begin_fit();
      if (fitting->wants_rows()) return true;
      plan.steps[at].fitted = fitting->result();
    }
    return false;
  }
  void add(const Table& table) {
    Column column = table.column(plan.column);
    if (is_output) need_no_gaps(column, table);
    for (size_t i = 0; i < at; ++i)
      column = plan.steps[i].treatment->apply(std::move(column), plan.steps[i].fitted, table);
    fitting->add(column, table);
  }
};

void ColumnPipeline::learn(const EachTable& training) {
  std::vector<Learning> learning;
  for (auto& plan : plans_) learning.push_back({plan, is_output(plan.column), 0, nullptr});
  for (;;) {
    std::vector<Learning*> wanting;
    for (auto& each : learning)
      if (each.wants_rows()) wanting.push_back(&each);
    if (wanting.empty()) return;
    training([&](const Table& table) {
      for (Learning* each : wanting) each->add(table);
    });
    for (Learning* each : wanting) each->fitting->end_rows();
  }
}

void ColumnPipeline::settle_options(const Table& some) {
  std::set<std::string> taken;
  if (options_.outputs.empty() && !some.label.empty()) options_.outputs = {{"labels", some.label}};
  for (const auto& [name, column] : options_.outputs) taken.insert(column);
  for (size_t i = 0; i < options_.outputs.size(); ++i)
    if (const auto* column = weight_column(i)) taken.insert(*column);
  if (options_.inputs.empty()) {
    auto& features = options_.inputs.emplace_back("features", std::vector<std::string>()).second;
    for (const auto& column : some.columns)
      if (!taken.contains(column.name)) features.push_back(column.name);
    if (features.empty())
      fail(ExitCode::data, some.source, "has no column left for the inputs; add one");
  }
  for (const auto& [name, treatments] : options_.treatments)
    if (name != "*") some.column(name);
  for (const auto& [name, columns] : options_.inputs)
    if (columns.empty())
      fail("inputs", "input '{}' names no column; write inputs: {{{}: [column, ...]}}", name, name);
}

void ColumnPipeline::fit(const Table& some, const EachTable& training) {
  settle_options(some);
  plans_.clear();
  std::set<std::string> planned;
  for (const auto& [name, column] : options_.outputs)
    if (planned.insert(column).second) plans_.push_back(make_plan(some, column, true));
  for (const auto& [name, columns] : options_.inputs)
    for (const auto& column : columns)
      if (planned.insert(column).second) plans_.push_back(make_plan(some, column, false));
  learn(training);
  for (auto& plan : plans_) finish_plan(plan, some);
}

void ColumnPipeline::fit(const Table& training) {
  fit(training, [&](const std::function<void(const Table&)>& each) { each(training); });
}

}  // namespace tutti
