#include "io/load_data.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "io/data_source.h"
#include "io/split.h"

namespace tutti {
namespace {

bool is_data_key(std::string_view key) {
  return std::any_of(data_keys().begin(), data_keys().end(),
                     [&](const auto& known) { return known.first == key; });
}

Ref<DataSource> source_of(const Config& data) {
  const Config::Entry* source = nullptr;
  if (data.is_string()) return data_source_of_file(data.as_string());
  for (const auto& entry : data.as_map()) {
    if (is_data_key(entry.first)) continue;
    if (!find_kind(DataSource::category, entry.first)) {
      std::vector<std::string> known;
      for (const KindInfo* kind : kinds_of(DataSource::category))
        known.push_back(snake_case(kind->name));
      for (const auto& [key, help] : data_keys()) known.push_back(key);
      fail(entry.second.where_or("data"),
           "unknown key '{}'{}; `tutti list dataset` names the formats", entry.first,
           did_you_mean(entry.first, known));
    }
    if (source)
      fail(entry.second.where_or("data"), "both '{}' and '{}' name a source; keep one",
           source->first, entry.first);
    source = &entry;
  }
  if (!source)
    fail(data.where_or("data"), "names no source; say csv: train.csv, npy: x.npy or dataset: iris");
  return make_data_source(source->first, source->second);
}

std::vector<Ref<Treatment>> read_treatments(const Config& config) {
  std::vector<Ref<Treatment>> treatments;
  if (config.is_list())
    for (const auto& item : config.as_list()) treatments.emplace_back(item);
  else
    treatments.emplace_back(config);
  return treatments;
}

ColumnOptions read_column_options(const Config& data) {
  ColumnOptions options;
  if (!data.is_map()) return options;
  if (const Config* inputs = data.find("inputs"))
    for (const auto& [name, columns] : inputs->as_map())
      read_config(columns, options.inputs.emplace_back(name, std::vector<std::string>()).second);
  if (const Config* label = data.find("label")) {
    if (label->is_string())
      options.outputs.emplace_back("labels", label->as_string());
    else
      for (const auto& [name, column] : label->as_map())
        options.outputs.emplace_back(name, column.as_string());
  }
  if (const Config* columns = data.find("columns"))
    for (const auto& [name, treatments] : columns->as_map())
      options.treatments[name] = read_treatments(treatments);
  if (const Config* weight = data.find("sample_weight"))
    options.sample_weight = weight->as_string();
  if (const Config* scale = data.find("scale")) options.scale = scale->as_double();
  return options;
}

struct SplitOptions {
  std::optional<double> test, validation, after;
  int64_t seed = 42;
  std::string stratify, by;
};

SplitOptions read_split(const Config& config) {
  SplitOptions split;
  const std::vector<std::string> known = {"test", "validation", "seed", "stratify", "by", "after"};
  for (const auto& [key, value] : config.as_map()) {
    if (key == "test")
      read_config(value, split.test);
    else if (key == "validation")
      read_config(value, split.validation);
    else if (key == "after")
      read_config(value, split.after);
    else if (key == "seed")
      read_config(value, split.seed);
    else if (key == "stratify")
      read_config(value, split.stratify);
    else if (key == "by")
      read_config(value, split.by);
    else
      fail(value.where_or("split"),
           "unknown key '{}'{}; use test, validation, seed, stratify, or by and after", key,
           did_you_mean(key, known));
  }
  const std::string place = config.where_or("split");
  if (split.seed < 0 || split.seed > 0xffffffff)
    fail(place, "seed {} is not between 0 and 2^32 - 1", split.seed);
  if (split.by.empty() == split.after.has_value())
    fail(place, "by: and after: go together; give both");
  if (split.by.empty() && !split.test && !split.validation)
    fail(place, "needs test:, validation: or by:");
  if (!split.by.empty() && split.test)
    fail(place, "test: and by: both choose the test rows; keep one");
  return split;
}

// Each row's class: equal values, equal numbers.
std::vector<int64_t> strata(const Table& table, const std::string& name,
                            const std::vector<int64_t>& rows) {
  const Column& column = table.column(name);
  const auto numbers = column.is_text() ? std::vector<double>() : column.values.to_vector<double>();
  if (!column.is_text() && static_cast<int64_t>(numbers.size()) != table.rows())
    fail(ExitCode::data, table.source,
         "column '{}' has several values per row; stratify by one with one", name);
  std::map<std::string, int64_t> text_rank;
  std::map<double, int64_t> number_rank;
  for (const auto& word : column.text) text_rank.emplace(word, 0);
  for (const double number : numbers) number_rank.emplace(number, 0);
  int64_t next = 0;
  for (auto& [word, rank] : text_rank) rank = next++;
  for (auto& [number, rank] : number_rank) rank = next++;
  std::vector<int64_t> classes;
  for (const int64_t row : rows) {
    const size_t at = static_cast<size_t>(row);
    classes.push_back(column.is_text() ? text_rank[column.text[at]] : number_rank[numbers[at]]);
  }
  return classes;
}

struct RowSets {
  std::vector<int64_t> train, validation, test;
};

// Takes a share of the training rows.
void take_share(const Table& table, const SplitOptions& split, double share, RowSets& sets,
                std::vector<int64_t>& target) {
  const uint32_t seed = static_cast<uint32_t>(split.seed);
  const SplitRows rows =
      split.stratify.empty()
          ? train_test_rows(static_cast<int64_t>(sets.train.size()), share, seed)
          : train_test_rows(strata(table, split.stratify, sets.train), share, seed);
  std::vector<int64_t> train;
  for (const int64_t row : rows.train) train.push_back(sets.train[static_cast<size_t>(row)]);
  for (const int64_t row : rows.test) target.push_back(sets.train[static_cast<size_t>(row)]);
  sets.train = std::move(train);
}

void split_by_column(const Table& table, const SplitOptions& split, RowSets& sets) {
  const Column& column = table.column(split.by);
  if (column.is_text() || column.values.elements() != table.rows())
    fail(ExitCode::data, table.source,
         "column '{}' is not one number per row; split by one that is", split.by);
  const auto values = column.values.to_vector<double>();
  std::vector<int64_t> before;
  for (const int64_t row : sets.train)
    (values[static_cast<size_t>(row)] > *split.after ? sets.test : before).push_back(row);
  if (before.empty() || sets.test.empty())
    fail(ExitCode::data, table.source,
         "all of column '{}' is {} {}; choose another value for after:", split.by,
         before.empty() ? "above" : "at or below", *split.after);
  sets.train = std::move(before);
}

RowSets split_rows(const Table& table, const Config& data) {
  RowSets sets;
  sets.train.resize(static_cast<size_t>(table.rows()));
  std::iota(sets.train.begin(), sets.train.end(), int64_t{0});
  if (const Config* config = data.find("split")) {
    const SplitOptions split = read_split(*config);
    if (!split.by.empty()) split_by_column(table, split, sets);
    if (split.test) take_share(table, split, *split.test, sets, sets.test);
    if (split.validation) take_share(table, split, *split.validation, sets, sets.validation);
  }
  if (const Config* config = data.find("validation_split")) {
    const double share = config->as_double();
    if (!(share > 0 && share < 1))
      fail(config->where_or("validation_split"), "{} is not between 0 and 1", share);
    if (!sets.validation.empty())
      fail(config->where_or("validation_split"),
           "split: has taken validation rows already; keep one of the two");
    const size_t keep = static_cast<size_t>(static_cast<double>(sets.train.size()) * (1 - share));
    if (keep == 0)
      fail(config->where_or("validation_split"), "{} leaves no row to train on; use less", share);
    sets.validation.assign(sets.train.begin() + static_cast<int64_t>(keep), sets.train.end());
    sets.train.resize(keep);
  }
  return sets;
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& data_keys() {
  static const std::vector<std::pair<std::string, std::string>> keys = {
      {"label", "the column to predict, or {output: column}"},
      {"inputs", "{input: column or list of columns}; all other columns if not given"},
      {"columns", "{column: treatment or list of treatments}; \"*\" for all other numbers"},
      {"split", "{test, validation, seed, stratify} or {by, after}"},
      {"validation_split", "share of the last training rows"},
      {"validation_data", "a source of its own"},
      {"test_data", "a source of its own"},
      {"sample_weight", "the column of weights"},
      {"scale", "factor on numbers without a treatment"},
  };
  return keys;
}

Table load_table(const Config& data, const std::filesystem::path& folder) {
  return source_of(data)->load(folder);
}

LoadedData load_data(const Config& data, const std::filesystem::path& folder) {
  const Table table = load_table(data, folder);
  const RowSets sets = split_rows(table, data);
  LoadedData loaded;
  loaded.columns = ColumnPipeline(read_column_options(data));
  const Table training = table.take_rows(sets.train);
  loaded.columns.fit(training);
  loaded.train = loaded.columns.apply(training);
  const auto held_out = [&](const char* key,
                            const std::vector<int64_t>& rows) -> std::optional<Dataset> {
    const Config* own = data.find(key);
    if (own && !rows.empty())
      fail(own->where_or(key), "the split has taken such rows already; keep one of the two");
    if (own) return loaded.columns.apply(load_table(*own, folder));
    if (rows.empty()) return {};
    return loaded.columns.apply(table.take_rows(rows));
  };
  loaded.validation = held_out("validation_data", sets.validation);
  loaded.test = held_out("test_data", sets.test);
  return loaded;
}

}  // namespace tutti
