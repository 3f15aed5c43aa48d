#include "launch/job_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/base/seed.h"
#include "io/data_source.h"
#include "io/folds.h"
#include "io/labels.h"
#include "io/resampling.h"
#include "io/split.h"
#include "launch/at_place.h"
#include "launch/job_model.h"
#include "launch/job_schema.h"
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
  return options;
}

struct JobRows {
  std::vector<int64_t> train, validation, test;
};

std::string value_text(const Column& column, int64_t row) {
  if (column.is_text()) return column.text[static_cast<size_t>(row)];
  return fmt::format("{}", column.values.to_vector<double>()[static_cast<size_t>(row)]);
}

// One number for each row; none if the column is text.
std::vector<double> numbers_of(const Column& column, const Table& table, const std::string& place) {
  if (column.is_text()) return {};
  auto numbers = column.values.to_vector<double>();
  if (static_cast<int64_t>(numbers.size()) != table.rows())
    fail(ExitCode::data, place, "column '{}' has several values in a row; split by another",
         column.name);
  return numbers;
}

// Each row's class in a column, as numbers in the order of the values. Every class has two rows.
std::vector<int64_t> stratum_of(const Table& table, const std::string& name,
                                std::span<const int64_t> rows, const std::string& place) {
  const Column& column = table.column(name);
  const auto numbers = numbers_of(column, table, place);
  std::map<double, int64_t> number_class;
  std::map<std::string, int64_t> word_class;
  for (const double number : numbers) number_class.emplace(number, 0);
  for (const auto& word : column.text) word_class.emplace(word, 0);
  int64_t next = 0;
  for (auto& entry : number_class) entry.second = next++;
  for (auto& entry : word_class) entry.second = next++;
  std::vector<int64_t> classes, counts(static_cast<size_t>(next), 0);
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    classes.push_back(column.is_text() ? word_class.at(column.text[at])
                                       : number_class.at(numbers[at]));
    ++counts[static_cast<size_t>(classes.back())];
  }
  for (size_t i = 0; i < classes.size(); ++i)
    if (counts[static_cast<size_t>(classes[i])] == 1)
      fail(ExitCode::data, place,
           "column '{}' is {} in one row only ({}); a stratified split needs two of each value",
           name, value_text(column, rows[i]), table.place(rows[i]));
  return classes;
}

std::vector<int64_t> picked(const std::vector<int64_t>& rows, const std::vector<int64_t>& places) {
  std::vector<int64_t> chosen;
  for (const int64_t place : places) chosen.push_back(rows[static_cast<size_t>(place)]);
  return chosen;
}

// Takes a share out of `rows` and leaves the others in it.
std::vector<int64_t> take_share(std::vector<int64_t>& rows, double share, uint32_t seed,
                                const Table& table, const schema::Split& split,
                                const std::string& place) {
  const auto parts = at_place(place, [&] {
    return split.has_stratify()
               ? train_test_rows(stratum_of(table, split.stratify(), rows, place), share, seed)
               : train_test_rows(static_cast<int64_t>(rows.size()), share, seed);
  });
  auto taken = picked(rows, parts.test);
  rows = picked(rows, parts.train);
  return taken;
}

// Takes one fold out of `rows` and leaves the others in it.
std::vector<int64_t> take_fold(std::vector<int64_t>& rows, uint32_t seed, const Table& table,
                               const Job& job) {
  const schema::Split& split = job.frame().data().split();
  const std::string place = job.place_of("data.split.kfold");
  const auto folds = at_place(place, [&] {
    return split.has_stratify()
               ? StratifiedKFold{split.kfold(), seed}.split(
                     stratum_of(table, split.stratify(), rows, place))
               : KFold{split.kfold(), seed}.split(static_cast<int64_t>(rows.size()));
  });
  const SplitRows& fold = folds.at(static_cast<size_t>(split.fold()));
  auto taken = picked(rows, fold.test);
  rows = picked(rows, fold.train);
  return taken;
}

std::vector<int64_t> take_after(std::vector<int64_t>& rows, const Table& table, const Job& job) {
  const schema::Split& split = job.frame().data().split();
  const Column& column = table.column(split.by());
  const Config limit = to_config(split.after());
  const auto numbers = numbers_of(column, table, job.place_of("data.split.by"));
  std::vector<int64_t> before, after;
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    const bool later = column.is_text() ? column.text[at] > (limit.is_string() ? limit.as_string()
                                                                               : to_string(limit))
                                        : numbers[at] > limit.as_double();
    (later ? after : before).push_back(row);
  }
  if (before.empty() || after.empty())
    fail(ExitCode::data, job.place_of("data.split"),
         "{} rows of '{}' lie after {}, {} do not; choose a value between", after.size(),
         split.by(), to_string(limit), before.size());
  rows = std::move(before);
  return after;
}

JobRows split_rows(const Job& job, const Table& table) {
  const schema::Split& split = job.frame().data().split();
  const auto seed =
      static_cast<uint32_t>(split.has_seed() ? split.seed() : static_cast<int64_t>(random_seed()));
  JobRows rows;
  rows.train.resize(static_cast<size_t>(table.rows()));
  std::iota(rows.train.begin(), rows.train.end(), 0);
  if (split.has_by()) rows.test = take_after(rows.train, table, job);
  if (split.test() > 0)
    rows.test =
        take_share(rows.train, split.test(), seed, table, split, job.place_of("data.split.test"));
  if (split.has_kfold()) rows.validation = take_fold(rows.train, seed, table, job);
  // The share is of all rows, so that {test: 0.2, validation: 0.2} gives two equal parts.
  if (split.validation() > 0) {
    const std::string place = job.place_of("data.split.validation");
    const double left = static_cast<double>(rows.train.size()) / static_cast<double>(table.rows());
    if (split.validation() >= left)
      fail(ExitCode::data, place,
           "{} of {} rows are more than the {} left beside the test rows; lower it",
           split.validation(), table.rows(), rows.train.size());
    rows.validation = take_share(rows.train, split.validation() / left, seed, table, split, place);
  }
  return rows;
}

// Where the rows of a table came from, without its columns.
RowPlace places_of(const Table& table) {
  auto origin = std::make_shared<Table>();
  origin->source = table.source, origin->lines = table.lines, origin->taken = table.taken;
  return [origin](int64_t row) { return origin->place(row); };
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
  const Table table = job_source(to_config(data.rest()), job.place_of("data"))->load(job.folder());
  JobData loaded;
  loaded.columns = ColumnPipeline(column_options(data));
  const JobRows rows = split_rows(job, table);
  const Table training =
      rows.train.size() == static_cast<size_t>(table.rows()) ? table : table.take_rows(rows.train);
  loaded.columns.fit(training);
  const auto part = [&](const Table& some) {
    return DataPart{loaded.columns.apply(some), places_of(some)};
  };
  loaded.train = part(training);
  if (data.has_resample()) resample(loaded.train, data.resample(), job);
  if (!rows.validation.empty()) loaded.validation = part(table.take_rows(rows.validation));
  if (!rows.test.empty()) loaded.test = part(table.take_rows(rows.test));
  return loaded;
}

DataPart load_rows(const std::string& spec, const std::string& where, const ColumnPipeline& columns,
                   bool with_outputs) {
  if (spec.empty()) fail(ExitCode::usage, where, "is empty; give a file, or {{csv: x.csv}}");
  const Config config = read_yaml(spec, where, {.bytes = 1 << 16});
  const auto source = config.is_map() ? job_source(config, where, true) : data_source_of_file(spec);
  const Table table = source->load({});
  return {columns.apply(table, with_outputs), places_of(table)};
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
  return Dataset(data.inputs(), std::move(ordered), weights, std::move(class_names));
}

}  // namespace tutti
