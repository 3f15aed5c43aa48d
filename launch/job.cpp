#include "launch/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/dtype_policy.h"
#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/registry.h"
#include "core/base/shard_layout.h"
#include "core/model/compile.h"
#include "io/data_source.h"
#include "launch/at_place.h"
#include "launch/job_override.h"
#include "launch/job_schema.h"
#include "launch/yaml_reader.h"
#include "launch/yaml_writer.h"

namespace tutti {

namespace {

bool has_field(const google::protobuf::Descriptor& type, const std::string& name) {
  return type.FindFieldByName(name) != nullptr;
}

// A key that belongs one level down is the commonest mistake of all.
void point_to_section(const Config& job) {
  const auto& frame = *schema::Job::descriptor();
  for (const auto& [key, value] : job.as_map()) {
    if (has_field(frame, key)) continue;
    if (has_field(*schema::Fit::descriptor(), key))
      fail(value.where_or("job"), "unknown key '{}'; it belongs to 'fit': write fit: {{{}: ...}}",
           key, key);
    if (find_kind(DataSource::category, key))
      fail(value.where_or("job"), "unknown key '{}'; it belongs to 'data': write data: {{{}: ...}}",
           key, key);
  }
  const Config* data = job.find("data");
  if (data && !data->is_null() && !data->is_map())
    fail(data->where_or("job"),
         "expected {{csv: train.csv, label: column}} or {{dataset: iris}}, got {}",
         to_string(*data).substr(0, 60));
}

// {Name: {every argument}} of an object of this category; as written where its kind is made
// elsewhere.
schema::Kind written_out(const char* category, const schema::Kind& kind) {
  const Config config = to_config(kind);
  if (!find_kind(category, kind.name())) return kind;
  schema::Kind full;
  read_message(kind_config(*make_kind(category, config)), full);
  for (const auto& entry : kind.arguments()) {
    const auto& arguments = full.arguments();
    const bool known = std::any_of(arguments.begin(), arguments.end(),
                                   [&](const auto& other) { return other.key() == entry.key(); });
    if (!known) *full.add_arguments() = entry;  // `name` and `inputs` of a layer
  }
  return full;
}

// Logs call a metric what the job calls it: `mae` stays "mae".
void write_out(schema::Kind& metric) {
  if (is_none(metric)) return;
  const std::string name = make<Metric>(to_config(metric))->name();
  metric = written_out("metric", metric);
  if (make<Metric>(to_config(metric))->name() == name) return;
  auto& argument = *metric.add_arguments();
  argument.set_key("name");
  argument.mutable_value()->set_text(name);
}

void write_out(schema::Kinds& metrics) {
  for (auto& metric : *metrics.mutable_items()) write_out(metric);
}

void write_out(schema::Metrics& metrics) {
  if (metrics.has_one()) write_out(*metrics.mutable_one());
  if (metrics.has_list()) write_out(*metrics.mutable_list());
  if (metrics.has_by_output())
    for (auto& entry : *metrics.mutable_by_output()->mutable_entries())
      write_out(*entry.mutable_value());
}

void write_out(schema::Losses& losses) {
  if (losses.has_all()) *losses.mutable_all() = written_out("loss", losses.all());
  if (losses.has_list())
    for (auto& kind : *losses.mutable_list()->mutable_items()) kind = written_out("loss", kind);
  if (losses.has_by_output())
    for (auto& entry : *losses.mutable_by_output()->mutable_entries())
      *entry.mutable_value() = written_out("loss", entry.value());
}

}  // namespace

void move_to_place(Config& job) {
  const auto& frame = *schema::Job::descriptor();
  const auto& data = *schema::Data::descriptor();
  Config::Map kept, moved, to_fit;
  for (auto& [key, value] : job.as_map())
    (!has_field(frame, key) && has_field(data, key) ? moved : kept)
        .emplace_back(key, std::move(value));
  job.as_map() = std::move(kept);
  const auto into = [&](const std::string& section, const std::string& key, Config value) {
    if (!job.find(section)) job.set(section, Config(Config::Map()));
    auto& target = const_cast<Config&>(*job.find(section));
    if (target.is_null()) target = Config(Config::Map());
    if (target.find(key))
      fail(value.where_or(key), "'{}' is also given in '{}'; keep one of them", key, section);
    target.set(key, std::move(value));
  };
  for (auto& [key, value] : moved) into("data", key, std::move(value));
  const Config* section = job.find("data");
  const Config* validation = section ? section->find("validation_split") : nullptr;
  if (!validation) return;
  Config value = *validation;
  std::erase_if(const_cast<Config&>(*section).as_map(),
                [](const auto& entry) { return entry.first == "validation_split"; });
  into("fit", "validation_split", std::move(value));
}

Job Job::read(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  return of(read_yaml_file(file), file.filename().string(), file.parent_path(), overrides);
}

Job Job::parse(std::string_view text, std::string_view name,
               const std::vector<std::string>& overrides) {
  return of(read_yaml(text, name), name, {}, overrides);
}

Job Job::of(Config written, std::string_view name, std::filesystem::path folder,
            const std::vector<std::string>& overrides) {
  Job job;
  job.source_ = name;
  job.folder_ = std::move(folder);
  job.written_ = std::move(written);
  if (!job.written_.is_map())
    fail(job.written_.where_or(name), "expected a job, a map of {}, got {}",
         fmt::join(field_names(*schema::Job::descriptor()), ", "),
         to_string(job.written_).substr(0, 60));
  move_to_place(job.written_);
  for (const auto& assignment : overrides) apply_override(job.written_, assignment);
  point_to_section(job.written_);
  read_message(job.written_, job.frame_);
  job.check();
  return job;
}

std::string Job::place_of(std::string_view path) const {
  const Config* node = &written_;
  std::string place = source_;
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    node = node->find(path.substr(0, dot));
    if (!node) break;
    place = node->where_or(place);
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return place;
}

void Job::within(std::string_view path, int64_t value, int64_t least, int64_t most) const {
  if (value < least)
    fail(place_of(path), "{} must be at least {}, got {}; raise it", path, least, value);
  if (value > most)
    fail(place_of(path), "{} must be at most {}, got {}; lower it", path, most, value);
}

void Job::share(std::string_view path, double value) const {
  if (!(value >= 0 && value < 1))
    fail(place_of(path), "{} must be a share of the rows in [0, 1), got {}; write 0.2 for a fifth",
         path, value);
}

void Job::one_of(std::string_view path, const std::string& value,
                 const std::vector<std::string>& words) const {
  for (const auto& word : words)
    if (word == value) return;
  fail(place_of(path), "'{}' is not one of {}{}", value, fmt::join(words, ", "),
       did_you_mean(value, words));
}

void Job::check_fit() const {
  const auto& fit = frame_.fit();
  const int64_t epochs = fit.has_epochs() ? fit.epochs() : FitOptions().epochs;
  within("fit.epochs", epochs, 1);
  if (fit.has_batch_size()) within("fit.batch_size", fit.batch_size(), 1);
  within("fit.initial_epoch", fit.initial_epoch(), 0, epochs - 1);
  if (fit.has_validation_freq()) within("fit.validation_freq", fit.validation_freq(), 1);
  if (fit.has_steps_per_epoch()) within("fit.steps_per_epoch", fit.steps_per_epoch(), 1);
  if (fit.has_validation_steps()) within("fit.validation_steps", fit.validation_steps(), 1);
  if (fit.has_validation_batch_size())
    within("fit.validation_batch_size", fit.validation_batch_size(), 1);
  if (fit.has_verbose()) within("fit.verbose", fit.verbose(), 0, 2);
  if (fit.has_check_memory()) within("fit.check_memory", fit.check_memory(), 0);
  if (fit.has_on_nan()) one_of("fit.on_nan", fit.on_nan(), {"stop", "skip", "rollback", "ignore"});
  if (fit.has_validation_split()) share("fit.validation_split", fit.validation_split());
  for (const auto& entry : fit.class_weight().entries())
    if (!(entry.value() >= 0 && std::isfinite(entry.value())))
      fail(place_of("fit.class_weight." + entry.key()),
           "the weight of class {} is {}; use a finite number of 0 or more", entry.key(),
           entry.value());
}

void Job::check_data() const {
  const auto& data = frame_.data();
  if (data.has_scale() && (data.scale() == 0 || !std::isfinite(data.scale())))
    fail(place_of("data.scale"),
         "scale is {}; use a finite number other than 0, as 0.00392 for pixels", data.scale());
  if (data.has_resample() && frame_.fit().has_validation_split())
    fail(place_of("data.resample"),
         "fit.validation_split takes the last of the resampled rows; write data: {{split: "
         "{{validation: {}}}}} instead, which takes them before",
         frame_.fit().validation_split());
  if (data.has_prefetch()) within("data.prefetch", data.prefetch(), 0, 64);
  if (data.has_bad_records()) one_of("data.bad_records", data.bad_records(), {"error", "skip"});
  if (data.has_timeseries()) check_timeseries();
  if (!data.has_split()) return;
  const auto& split = data.split();
  if (split.has_test()) share("data.split.test", split.test());
  if (split.has_validation()) share("data.split.validation", split.validation());
  within("data.split.seed", split.seed(), 0, std::numeric_limits<uint32_t>::max());
  if (split.test() + split.validation() >= 1)
    fail(place_of("data.split"),
         "test and validation together leave no rows to train on; lower them");
  if (split.has_by() != split.has_after())
    fail(place_of("data.split"),
         "'by' and 'after' go together: split: {{by: column, after: value}}");
  if (split.has_by() && split.test() > 0)
    fail(place_of("data.split.test"), "'by' chooses the test rows already; keep one of the two");
  if (split.has_kfold()) {
    within("data.split.kfold", split.kfold(), 2);
    within("data.split.fold", split.fold(), 0, split.kfold() - 1);
    if (split.has_validation() || frame_.fit().has_validation_split())
      fail(place_of("data.split.kfold"),
           "the fold's rows validate already; leave out validation and validation_split");
  } else if (split.has_fold()) {
    fail(place_of("data.split.fold"), "a fold is one of kfold; write split: {{kfold: 5, fold: 0}}");
  }
  if (!split.has_test() && !split.has_validation() && !split.has_by() && !split.has_kfold())
    fail(place_of("data.split"),
         "the split sets no rows apart; write split: {{test: 0.2}}, or leave it out");
}

void Job::check_timeseries() const {
  const auto& series = frame_.data().timeseries();
  if (!series.has_sequence_length())
    fail(place_of("data.timeseries"),
         "sequence_length is missing; write timeseries: {{sequence_length: 24}}");
  within("data.timeseries.sequence_length", series.sequence_length(), 1, 1 << 30);
  if (series.has_sequence_stride())
    within("data.timeseries.sequence_stride", series.sequence_stride(), 1, 1 << 30);
  if (series.has_sampling_rate())
    within("data.timeseries.sampling_rate", series.sampling_rate(), 1, 1 << 30);
  within("data.timeseries.delay", series.delay(), 0);
  within("data.timeseries.start_index", series.start_index(), 0);
  if (series.has_end_index())
    within("data.timeseries.end_index", series.end_index(), series.start_index() + 1);
  const auto& split = frame_.data().split();
  if (split.has_kfold() || split.has_stratify())
    fail(place_of("data.split"),
         "the steps of a timeseries stay in order; use test and validation, or by and after");
}

void Job::check() const {
  check_fit();
  check_data();
  if (frame_.has_seed()) within("seed", frame_.seed(), 0);
  if (frame_.has_shards()) within("shards", frame_.shards(), 1, kMostShards);
  if (frame_.has_threads()) within("threads", frame_.threads(), 1, 1 << 16);
  if (frame_.has_dtype_policy())
    at_place(place_of("dtype_policy"), [&] { return DTypePolicy(frame_.dtype_policy()); });
  if (frame_.has_device()) one_of("device", frame_.device(), {"cpu", "cuda"});
  if (frame_.has_isa()) one_of("isa", frame_.isa(), {"x86_64", "avx2", "avx512"});
}

std::filesystem::path Job::folder() const {
  return frame_.has_folder() ? std::filesystem::path(frame_.folder()) : folder_;
}

std::string Job::resolved_yaml(const schema::Model& model) const {
  schema::Job full = frame_;
  *full.mutable_model() = model;
  write_out(*full.mutable_loss());
  if (full.has_metrics()) write_out(*full.mutable_metrics());
  if (full.has_weighted_metrics()) write_out(*full.mutable_weighted_metrics());
  if (full.data().has_resample())
    *full.mutable_data()->mutable_resample() = written_out("sampler", full.data().resample());
  if (full.has_optimizer()) *full.mutable_optimizer() = written_out("optimizer", full.optimizer());
  for (auto& kind : *full.mutable_callbacks()) kind = written_out("callback", kind);
  if (!full.has_folder())
    full.set_folder((std::filesystem::current_path() / folder()).lexically_normal().string());
  return write_yaml(write_message(full));
}

}  // namespace tutti
