#include "io/columns.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/error.h"
#include "io/stored.h"

namespace tutti {
namespace {

[[noreturn]] void refuse_value(const Column& column, const Table& table, int64_t element,
                               double value) {
  fail(ExitCode::data, table.place(element / column.values.shape().elements_per_row()),
       "column '{}': expected a finite float32, got {}; remove or fill such rows", column.name,
       value);
}

template <typename T>
void floats_of(const Column& column, const Table& table, double scale, float* out) {
  const T* in = column.values.data<T>();
  const int64_t count = column.values.elements();
  if (std::is_integral_v<T> && scale == 1) {
    for (int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(in[i]);
    return;
  }
  bool finite = true;
  for (int64_t i = 0; i < count; ++i) {
    out[i] = static_cast<float>(static_cast<double>(in[i]) * scale);
    finite = finite & std::isfinite(out[i]);
  }
  if (finite) return;
  for (int64_t i = 0; i < count; ++i)
    if (!std::isfinite(out[i])) refuse_value(column, table, i, static_cast<double>(in[i]));
}

// The values as f32; a value that has none is an error at its row.
Tensor finite_floats(const Column& column, const Table& table, double scale) {
  const Tensor& values = column.values;
  Tensor floats = Tensor::empty(values.shape());
  float* out = floats.data<float>();
  switch (values.dtype()) {  // what streams of rows are mostly of is not made f64 first
    case DType::u8:
      floats_of<uint8_t>(column, table, scale, out);
      break;
    case DType::f32:
      floats_of<float>(column, table, scale, out);
      break;
    case DType::f64:
      floats_of<double>(column, table, scale, out);
      break;
    default:
      floats_of<double>({column.name, values.to(DType::f64), {}}, table, scale, out);
  }
  return floats;
}

// (rows, columns) of text. Throws where one of them is numbers.
Tensor text_tensor(const std::vector<Column>& columns, const Table& table) {
  std::vector<std::string> texts;
  for (size_t row = 0; row < static_cast<size_t>(table.rows()); ++row)
    for (const auto& column : columns) {
      if (!column.is_text())
        fail(ExitCode::data, table.source,
             "column '{}' is numbers and stands in one input with text; name an input for each",
             column.name);
      texts.push_back(column.text[row]);
    }
  return Tensor::text(texts, {table.rows(), static_cast<int64_t>(columns.size())});
}

}  // namespace

// A missing number is refused by the reader; in a column of text it would become a class "".
void ColumnPipeline::need_no_gaps(const Column& labels, const Table& table) {
  for (size_t row = 0; row < labels.text.size(); ++row)
    if (labels.text[row].find_first_not_of(" \t") == std::string::npos)
      fail(ExitCode::data, table.place(static_cast<int64_t>(row)),
           "column '{}' has no label here; write one, or remove such rows", labels.name);
}

const ColumnPipeline::Plan& ColumnPipeline::plan_of(const std::string& column) const {
  for (const auto& plan : plans_)
    if (plan.column == column) return plan;
  fail("columns", "column '{}' was not fitted; fit the columns on the training rows first", column);
}

Column ColumnPipeline::treat(const Plan& plan, const Table& table) const {
  Column column = table.column(plan.column);
  if (plan.steps.empty() && column.is_text())
    fail(ExitCode::data, table.source,
         "column '{}' is text, but was numbers in the training rows; correct its "
         "cells",
         plan.column);
  for (const auto& step : plan.steps)
    column = step.treatment->apply(std::move(column), step.fitted, table);
  return column;
}

Tensor ColumnPipeline::input_tensor(const std::vector<std::string>& columns,
                                    const Table& table) const {
  std::vector<Column> treated;
  for (const auto& name : columns) treated.push_back(treat(plan_of(name), table));
  if (std::any_of(treated.begin(), treated.end(), [](const auto& it) { return it.is_text(); }))
    return text_tensor(treated, table);
  std::vector<Tensor> parts;
  int64_t width = 0;
  for (const Column& column : treated) {
    const Plan& plan = plan_of(column.name);
    const bool indices = columns.size() == 1 && plan.whole && !plan.steps.empty();
    parts.push_back(indices ? column.values.to(DType::i32)
                            : finite_floats(column, table, plan.scaled ? options_.scale : 1));
    width += parts.back().shape().elements_per_row();
  }
  if (width == 0)
    fail(ExitCode::data, table.source, "column '{}' has no values in a row; use one that has",
         columns[0]);
  if (parts.size() == 1)
    return parts[0].shape().rank() > 1 ? parts[0] : parts[0].reshape({parts[0].rows(), 1});
  Tensor joined = Tensor::empty({table.rows(), width});
  int64_t at = 0;
  for (const auto& part : parts) {
    const int64_t each = part.shape().elements_per_row();
    const float* from = part.data<float>();
    float* to = joined.data<float>() + at;
    for (int64_t row = 0; row < table.rows(); ++row, from += each, to += width)
      std::copy_n(from, each, to);
    at += each;
  }
  return joined;
}

Tensor ColumnPipeline::output_tensor(const Plan& plan, const Table& table) const {
  need_no_gaps(table.column(plan.column), table);
  const Column column = treat(plan, table);
  if (!plan.whole) return finite_floats(column, table, 1);
  const auto values = column.values.to_vector<double>();
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] != std::floor(values[i]) ||
        std::abs(values[i]) > std::numeric_limits<int32_t>::max())
      fail(ExitCode::data, table.place(static_cast<int64_t>(i)),
           "column '{}': expected a whole number, as in the "
           "training rows, got {}; for real numbers say columns: {{{}: float}}",
           plan.column, values[i], plan.column);
  return column.values.to(DType::i32);
}

Dataset ColumnPipeline::apply(const Table& table, bool with_outputs) const {
  NamedTensors inputs, outputs;
  std::vector<Tensor> weights;
  for (const auto& [name, columns] : options_.inputs)
    inputs.emplace_back(name, input_tensor(columns, table));
  if (!with_outputs) return over_time(Dataset(std::move(inputs), {}));
  for (const auto& [name, column] : options_.outputs)
    outputs.emplace_back(name, output_tensor(plan_of(column), table));
  for (size_t i = 0; i < outputs.size(); ++i) weights.push_back(weight_tensor(i, table));
  return over_time(Dataset(std::move(inputs), std::move(outputs), weights, class_names()));
}

Dataset ColumnPipeline::over_time(const Dataset& steps) const {
  if (!options_.timeseries) return steps;
  const auto& [rows, delay] = *options_.timeseries;
  return timeseries_of(steps, rows, delay.value_or(rows.sequence_length * rows.sampling_rate));
}

const std::string* ColumnPipeline::weight_column(size_t output) const {
  std::vector<std::string> names;
  for (const auto& [name, column] : options_.outputs) names.push_back(name);
  options_.sample_weight.check(names, "data", "sample_weight", true);
  const std::string* column = options_.sample_weight.of(output, names);
  return column && !column->empty() ? column : nullptr;
}

Tensor ColumnPipeline::weight_tensor(size_t output, const Table& table) const {
  const std::string* name = weight_column(output);
  if (!name) return {};
  const Column& column = table.column(*name);
  if (column.is_text())
    fail(ExitCode::data, table.source, "column '{}' is text, weights are numbers", *name);
  return finite_floats(column, table, 1);
}

bool ColumnPipeline::streams() const {
  const auto stays_text = [](const Step& step) { return step.treatment->stays_text(); };
  return !options_.timeseries && std::none_of(plans_.begin(), plans_.end(), [&](const Plan& plan) {
    return std::any_of(plan.steps.begin(), plan.steps.end(), stays_text);
  });
}

const std::string& ColumnPipeline::column_of_output(size_t output) const {
  return options_.outputs.at(output).second;
}

bool ColumnPipeline::numbered_by_itself(size_t output) const {
  const Plan& plan = plan_of(column_of_output(output));
  return !options_.treatments.contains(plan.column) && !plan.steps.empty();
}

std::vector<std::vector<std::string>> ColumnPipeline::class_names() const {
  std::vector<std::vector<std::string>> names;
  for (const auto& [name, column] : options_.outputs) {
    auto& classes = names.emplace_back();
    for (const auto& step : plan_of(column).steps) {
      auto found = step.treatment->classes(step.fitted);
      if (!found.empty()) classes = std::move(found);
    }
  }
  return names;
}

std::vector<std::string> ColumnPipeline::feature_names(const std::string& input,
                                                       int64_t width) const {
  std::vector<std::string> names;
  for (const auto& [name, columns] : options_.inputs) {
    if (name != input) continue;
    for (const auto& column : columns) {
      const Plan& plan = plan_of(column);
      std::vector<std::string> classes;  // of the last treatment, if it gives a number for each
      if (!plan.steps.empty() && !plan.whole)
        classes = plan.steps.back().treatment->classes(plan.steps.back().fitted);
      if (classes.empty()) names.push_back(column);
      for (const auto& value : classes) names.push_back(column + " = " + value);
    }
  }
  const auto wanted = static_cast<size_t>(width);
  if (names.size() == wanted) return names;
  const std::string stem = names.size() == 1 ? names[0] : input;
  names.clear();
  for (size_t i = 0; i < wanted; ++i) names.push_back(stem + "[" + std::to_string(i) + "]");
  return names;
}

Dataset to_dataset(const Table& table, const ColumnOptions& options) {
  ColumnPipeline columns(options);
  columns.fit(table);
  return columns.apply(table);
}

Config ColumnPipeline::to_config() const {
  Config inputs{Config::Map()}, outputs{Config::Map()}, plans{Config::Map()},
      weights{Config::Map()};
  for (const auto& [name, columns] : options_.inputs) inputs.set(name, write_config(columns));
  for (size_t i = 0; i < options_.outputs.size(); ++i) {
    const auto& [name, column] = options_.outputs[i];
    outputs.set(name, column);
    const std::string* weight = weight_column(i);
    weights.set(name, weight ? *weight : "");
  }
  for (const auto& plan : plans_) {
    Config::List steps;
    for (const auto& step : plan.steps)
      steps.push_back(Config(
          Config::Map{{"treatment", kind_config(*step.treatment)}, {"fitted", step.fitted}}));
    plans.set(plan.column,
              Config(Config::Map{
                  {"steps", std::move(steps)}, {"scaled", plan.scaled}, {"whole", plan.whole}}));
  }
  Config timeseries;
  if (options_.timeseries) {
    const auto& [rows, delay] = *options_.timeseries;
    timeseries = Config(Config::Map{{"sequence_length", rows.sequence_length},
                                    {"sequence_stride", rows.sequence_stride},
                                    {"sampling_rate", rows.sampling_rate}});
    if (delay) timeseries.set("delay", *delay);
  }
  return Config(Config::Map{{"timeseries", timeseries},
                            {"inputs", inputs},
                            {"outputs", outputs},
                            {"columns", plans},
                            {"sample_weight", weights},
                            {"scale", options_.scale}});
}

ColumnPipeline ColumnPipeline::from_config(const Config& config) {
  const auto need = [](const Config& map, const char* key) -> const Config& {
    return stored(map, key, "columns");
  };
  ColumnPipeline pipeline;
  for (const auto& [name, columns] : need(config, "inputs").as_map())
    read_config(columns,
                pipeline.options_.inputs.emplace_back(name, std::vector<std::string>()).second);
  for (const auto& [name, column] : need(config, "outputs").as_map())
    pipeline.options_.outputs.emplace_back(name, column.as_string());
  for (const auto& [name, written] : need(config, "columns").as_map()) {
    Plan& plan = pipeline.plans_.emplace_back();
    plan.column = name;
    plan.scaled = need(written, "scaled").as_bool();
    plan.whole = need(written, "whole").as_bool();
    for (const auto& step : need(written, "steps").as_list())
      plan.steps.push_back({Ref<Treatment>(need(step, "treatment")), need(step, "fitted")});
  }
  for (const auto& [name, column] : need(config, "sample_weight").as_map())
    pipeline.options_.sample_weight.named[name] = column.as_string();
  pipeline.options_.scale = need(config, "scale").as_double();
  const Config* timeseries = config.find("timeseries");
  if (timeseries && !timeseries->is_null()) {
    auto& [rows, delay] = pipeline.options_.timeseries.emplace();
    rows.sequence_length = need(*timeseries, "sequence_length").as_int();
    rows.sequence_stride = need(*timeseries, "sequence_stride").as_int();
    rows.sampling_rate = need(*timeseries, "sampling_rate").as_int();
    if (const Config* written = timeseries->find("delay")) delay = written->as_int();
  }
  return pipeline;
}

}  // namespace tutti
