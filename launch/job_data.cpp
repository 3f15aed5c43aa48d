#include "launch/job_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "io/data_source.h"
#include "io/labels.h"
#include "io/resampling.h"
#include "launch/at_place.h"
#include "launch/data_spec.h"
#include "launch/data_stamps.h"
#include "launch/job_model.h"
#include "launch/job_schema.h"
#include "launch/job_split.h"
#include "launch/streamed_data.h"
#include "launch/yaml_reader.h"

namespace tutti {

namespace {

// The rows made of a table, and where each came from: of a window, its first step. The columns are
// not kept.
DataPart part_of(const ColumnPipeline& columns, const Table& table, bool with_outputs = true) {
  DataPart part;
  part.rows = columns.apply(table, with_outputs);
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

JobData load_job_data(const Job& job, const RowAccess& access) {
  const schema::Data& data = job.frame().data();
  const auto source = job_source(to_config(data.rest()), job.place_of("data"));
  if (is_streamed(job, *source, access)) return stream_job_data(job, *source, access);
  const Table table = used_steps(source->load(job.folder()), job);
  JobData loaded;
  loaded.stamps = stamps_of_files(*source, job.folder());
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

namespace {

Ref<DataSource> source_of_spec(const std::string& spec, const std::string& where) {
  if (spec.empty()) fail(ExitCode::usage, where, "is empty; give a file, or {{csv: x.csv}}");
  const Config config = read_yaml(spec, where, {.bytes = 1 << 16});
  return config.is_map() ? job_source(config, where, true) : data_source_of_file(spec);
}

}  // namespace

Table load_table(const std::string& spec, const std::string& where) {
  return source_of_spec(spec, where)->load({});
}

DataPart load_rows(const std::string& spec, const std::string& where, const ColumnPipeline& columns,
                   bool with_outputs, const RowAccess& access) {
  const auto source = source_of_spec(spec, where);
  if (is_large(*source, {}, access) && columns.streams())
    return stream_rows(*source, columns, with_outputs, access);
  return part_of(columns, source->load({}), with_outputs);
}

namespace {

// Whether labels have to be classes of the loss, and what checks them then.
std::function<void(const Tensor&, const RowPlace&)> label_check(const RowColumn& labels,
                                                                const schema::Kind& written,
                                                                const Shape& output) {
  if (output.rank() != 2) return {};
  const auto loss = make<Loss>(to_config(written));
  const bool indices = !is_floating(labels.dtype) && labels.shape.rank() == 0;
  int64_t classes = 0;
  if (const auto needed = loss->label_classes(output)) {
    if (labels.shape.elements() == 1 || loss->sparse_labels()) classes = *needed;
  } else if (indices && loss->of_classes() && !loss->sparse_labels()) {
    classes = std::max<int64_t>(output[-1], 2);
  }
  if (classes == 0) return {};
  return [classes](const Tensor& values, const RowPlace& place) {
    class_indices(values, classes, place);
  };
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

DataPart fit_to_model(const DataPart& part, const Model& model, const Job& job) {
  if (part.count() == 0) return part;
  const auto& names = model.output_names();
  const auto outputs = part.source()->outputs();
  const auto class_names = part.class_names();
  if (outputs.size() != names.size())
    fail(job.place_of("data.label"),
         "the model has {} outputs ({}), the data has {} labels; give one for each, as label: "
         "{{{}: column}}",
         names.size(), fmt::join(names, ", "), outputs.size(), names.empty() ? "" : names[0]);
  std::vector<CheckedOutput> ordered;
  for (size_t i = 0; i < names.size(); ++i) {
    const size_t from = label_of_output(job, names, i);
    CheckedOutput& output = ordered.emplace_back();
    output.output = from;
    const auto* loss = loss_of_output(job, i, names[i]);
    const Shape& shape = model.outputs()[i].shape();
    if (is_of_classes(loss)) check_classes(job, class_names[from], shape, names[i]);
    if (loss) output.check = label_check(outputs[from], *loss, shape);
  }
  return part.with_outputs(std::move(ordered));
}

}  // namespace tutti
