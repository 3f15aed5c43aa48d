#include "launch/job_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "io/data_source.h"
#include "io/labels.h"
#include "io/resampling.h"
#include "launch/at_place.h"
#include "launch/job_model.h"
#include "launch/job_schema.h"
#include "launch/job_split.h"
#include "launch/yaml_reader.h"

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

// {csv: train.csv, delimiter: ";"}: the key that names a kind of source, its other arguments beside
// it. `alone`: no other part of a job's data may stand there, and none is proposed.
Ref<DataSource> job_source(const Config& written, const std::string& place, bool alone = false) {
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

// The rows made of a table, and where each came from: of a window, its first step. The columns are
// not kept.
DataPart part_of(const ColumnPipeline& columns, const Table& table, bool with_outputs = true) {
  DataPart part{columns.apply(table, with_outputs), {}};
  auto origin = std::make_shared<Table>();
  origin->source = table.source, origin->lines = table.lines, origin->taken = table.taken;
  const auto& windows = part.rows.windows();
  part.place = [origin, first = windows ? windows->first : Tensor()](int64_t row) {
    return origin->place(first.defined() ? first.span<int64_t>()[static_cast<size_t>(row)] : row);
  };
  return part;
}

// Only of training rows: what is judged keeps the classes as frequent as they are.
void resample(DataPart& train, const schema::Kind& sampler, const Job& job) {
  train.rows =
      at_place(sampler.place().empty() ? job.place_of("data.resample") : sampler.place(),
               [&] { return make<Sampler>(to_config(sampler))->fit_resample(train.rows); });
  train.place = rows_of("the resampled training rows,");
}

}  // namespace

JobData load_job_data(const Job& job) {
  const schema::Data& data = job.frame().data();
  const Table table =
      used_steps(job_source(to_config(data.rest()), job.place_of("data"))->load(job.folder()), job);
  JobData loaded;
  loaded.columns = ColumnPipeline(column_options(data));
  const JobRows rows = split_rows(job, table);
  const Table training =
      rows.train.size() == static_cast<size_t>(table.rows()) ? table : table.take_rows(rows.train);
  loaded.columns.fit(training);
  const auto part = [&](const Table& some) { return part_of(loaded.columns, some); };
  loaded.train = part(training);
  if (data.has_resample()) resample(loaded.train, data.resample(), job);
  if (!rows.validation.empty()) loaded.validation = part(table.take_rows(rows.validation));
  if (!rows.test.empty()) loaded.test = part(table.take_rows(rows.test));
  return loaded;
}

Table load_table(const std::string& spec, const std::string& where) {
  if (spec.empty()) fail(ExitCode::usage, where, "is empty; give a file, or {{csv: x.csv}}");
  const Config config = read_yaml(spec, where, {.bytes = 1 << 16});
  const auto source = config.is_map() ? job_source(config, where, true) : data_source_of_file(spec);
  return source->load({});
}

DataPart load_rows(const std::string& spec, const std::string& where, const ColumnPipeline& columns,
                   bool with_outputs) {
  return part_of(columns, load_table(spec, where), with_outputs);
}

namespace {

void check_labels(const Tensor& labels, const schema::Kind& written, const Shape& output,
                  const RowPlace& place) {
  if (output.rank() != 2) return;
  const auto loss = make<Loss>(to_config(written));
  const int64_t classes = output[-1], numbers = labels.shape().elements_per_row();
  const bool indices = !is_floating(labels.dtype()) && labels.shape().rank() == 1;
  if (const auto needed = loss->label_classes(output)) {
    if (numbers == 1 || loss->sparse_labels()) class_indices(labels, *needed, place);
  } else if (indices && loss->of_classes() && !loss->sparse_labels()) {
    class_indices(labels, std::max<int64_t>(classes, 2), place);
  }
}

// What the job and the data call classes are classes that the output has.
void check_classes(const Job& job, const std::vector<std::string>& names, const Shape& output,
                   const std::string& name) {
  if (output.rank() != 2) return;
  const int64_t classes = std::max<int64_t>(output[-1], 2);
  if (static_cast<int64_t>(names.size()) > classes)
    fail(job.place_of("data.label"),
         "the labels are {} classes ({}), the output '{}' has {}; give it as many units",
         names.size(), fmt::join(names, ", "), name, classes);
  for (const auto& entry : job.frame().fit().class_weight().entries()) {
    const std::string place = job.place_of("fit.class_weight." + entry.key());
    const Config label = plain_scalar(entry.key(), place);
    if (label.is_int() && label.as_int() >= classes && names.empty())
      fail(place, "there is no class {}; the output '{}' has {}", label.as_int(), name, classes);
  }
}

}  // namespace

size_t label_of_output(const Job& job, const std::vector<std::string>& outputs, size_t index) {
  const schema::Argument& label = job.frame().data().label();
  if (!label.has_map()) return index;
  const Config written = to_config(label);
  const auto& named = written.as_map();
  for (size_t i = 0; i < named.size(); ++i)
    if (named[i].first == outputs[index]) return i;
  fail(job.place_of("data.label"),
       "label names no column for the model's output '{}'; its outputs are {}", outputs[index],
       fmt::join(outputs, ", "));
}

void check_text_labels(const Job& job, const ColumnPipeline& columns, const Model& model) {
  const auto& names = model.output_names();
  const auto classes = columns.class_names();
  for (size_t i = 0; i < std::min(names.size(), classes.size()); ++i) {
    const size_t from = label_of_output(job, names, i);
    const auto* loss = loss_of_output(job, i, names[i]);
    if (!loss || is_of_classes(loss) || !columns.numbered_by_itself(from)) continue;
    const std::string& column = columns.column_of_output(from);
    fail(job.place_of("data.label"),
         "the label '{}' is text of {} classes, and the loss of output '{}' ({}) is one of "
         "numbers; use sparse_categorical_crossentropy, or say columns: {{{}: classes}} for their "
         "numbers",
         column, classes[from].size(), names[i], loss->name(), column);
  }
}

Dataset fit_to_model(const DataPart& part, const Model& model, const Job& job) {
  const Dataset& data = part.rows;
  if (data.rows() == 0) return data;
  const auto& names = model.output_names();
  const auto& outputs = data.outputs();
  if (outputs.size() != names.size())
    fail(job.place_of("data.label"),
         "the model has {} outputs ({}), the data has {} labels; give one for each, as label: "
         "{{{}: column}}",
         names.size(), fmt::join(names, ", "), outputs.size(), names.empty() ? "" : names[0]);
  NamedTensors ordered;
  std::vector<Tensor> weights;
  std::vector<std::vector<std::string>> class_names;
  for (size_t i = 0; i < names.size(); ++i) {
    const size_t from = label_of_output(job, names, i);
    const Tensor& labels = outputs[from].second;
    const auto* loss = loss_of_output(job, i, names[i]);
    if (is_of_classes(loss))
      check_classes(job, data.class_names()[from], model.outputs()[i].shape(), names[i]);
    if (loss) check_labels(labels, *loss, model.outputs()[i].shape(), part.place);
    ordered.emplace_back(outputs[from].first, labels);
    weights.push_back(data.sample_weight(from));
    class_names.push_back(data.class_names()[from]);
  }
  return data.with_outputs(std::move(ordered), weights, std::move(class_names));
}

}  // namespace tutti
