#include "launch/data_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "launch/job_schema.h"

namespace tutti {
namespace {

using NamedColumns = std::vector<std::pair<std::string, std::vector<std::string>>>;

std::string no_data_key(const std::string& key, const KindInfo* source, bool alone) {
  std::vector<std::string> known;
  std::string formats;
  if (!alone) known = field_names(*schema::Data::descriptor());
  if (source)
    for (const auto& argument : source->arguments) known.push_back(argument.name);
  for (const KindInfo* kind : kinds_of(DataSource::category)) {
    known.push_back(snake_case(kind->name));
    formats += (formats.empty() ? "" : ", ") + known.back();
  }
  const auto names = [&] {
    return source ? fmt::format("; here stand {}", fmt::join(known, ", "))
                  : fmt::format("; the formats are {}", formats);
  };
  return fmt::format("unknown key '{}'{}", key, near_or(key, known, names()));
}

}  // namespace

Ref<DataSource> job_source(const Config& written, const std::string& place, bool alone) {
  const Config::Entry* source = nullptr;
  for (const auto& entry : written.as_map())
    if (find_kind(DataSource::category, entry.first)) {
      if (source)
        fail(entry.second.where_or(place), "the data is named twice, by '{}' and '{}'; keep one",
             source->first, entry.first);
      source = &entry;
    }
  if (!source) {
    if (written.as_map().empty())
      fail(place,
           "the job has no data; write data: {{csv: train.csv, label: column}} or data: {{dataset: "
           "iris}}");
    const auto& [key, value] = written.as_map()[0];
    fail(value.where_or(place), "{}", no_data_key(key, nullptr, alone));
  }
  const KindInfo& kind = *find_kind(DataSource::category, source->first);
  Config value = source->second;
  if (!value.is_map())
    value = Config(Config::Map{{kind.arguments.at(0).name, value}}).at(value.where_or(place));
  for (const auto& [key, argument] : written.as_map()) {
    if (key == source->first) continue;
    const bool takes = std::any_of(kind.arguments.begin(), kind.arguments.end(),
                                   [&, &key = key](auto& a) { return a.name == key; });
    if (!takes) fail(argument.where_or(place), "{}", no_data_key(key, &kind, alone));
    value.set(key, argument);
  }
  return make_data_source(source->first, value);
}

namespace {

NamedColumns named_columns(const schema::Argument& written, const char* name) {
  const Config config = to_config(written);
  NamedColumns columns;
  if (!config.is_map()) {
    read_config(config, columns.emplace_back(name, std::vector<std::string>()).second);
  } else {
    for (const auto& [key, value] : config.as_map())
      read_config(value, columns.emplace_back(key, std::vector<std::string>()).second);
  }
  return columns;
}

PerOutput<std::string> weight_columns(
    const schema::Data& data, const std::vector<std::pair<std::string, std::string>>& outputs) {
  const Config written = to_config(data.sample_weight());
  if (!written.is_map()) return written.as_string();
  PerOutput<std::string> columns;
  for (const auto& [output, column] : written.as_map())
    columns.named[output] = column.is_null() ? "" : column.as_string();
  std::vector<std::string> names;
  for (const auto& [name, column] : outputs) names.push_back(name);
  if (names.empty()) names.push_back("labels");
  columns.check(names, written.where_or("data"), "sample_weight", true);
  return columns;
}

TimeseriesColumns timeseries_columns(const schema::Timeseries& written) {
  TimeseriesColumns columns;
  columns.rows.sequence_length = written.sequence_length();
  if (written.has_sequence_stride()) columns.rows.sequence_stride = written.sequence_stride();
  if (written.has_sampling_rate()) columns.rows.sampling_rate = written.sampling_rate();
  if (written.has_delay()) columns.delay = written.delay();
  return columns;
}

}  // namespace

ColumnOptions column_options(const schema::Data& data) {
  ColumnOptions options;
  if (data.has_inputs()) options.inputs = named_columns(data.inputs(), "features");
  for (const auto& [name, columns] : options.inputs)
    if (columns.empty())
      fail(data.inputs().place(), "input '{}' names no column; write inputs: [column, ...]", name);
  if (data.has_label())
    for (const auto& [output, columns] : named_columns(data.label(), "labels")) {
      if (columns.size() != 1)
        fail(data.label().place().empty() ? "label" : data.label().place(),
             "an output is one column; name several as label: {{a: column, b: column}}");
      options.outputs.emplace_back(output, columns[0]);
    }
  for (const auto& entry : data.columns()) {
    auto& treatments = options.treatments[entry.key()];
    read_config(to_config(entry.value()), treatments);
    for (const auto& treatment : treatments)
      if (!treatment)
        fail(entry.value().place(), "column '{}' has no treatment here; write {}: standardize",
             entry.key(), entry.key());
  }
  if (data.has_sample_weight()) options.sample_weight = weight_columns(data, options.outputs);
  if (data.has_scale()) options.scale = data.scale();
  if (data.has_timeseries()) options.timeseries = timeseries_columns(data.timeseries());
  return options;
}

}  // namespace tutti
