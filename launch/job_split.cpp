#include "launch/job_split.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/base/seed.h"
#include "io/folds.h"
#include "io/split.h"
#include "launch/at_place.h"
#include "launch/job_schema.h"

namespace tutti {

namespace {

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

// Takes the last share of the steps of a timeseries and leaves those before it.
std::vector<int64_t> take_last(std::vector<int64_t>& rows, double share, const std::string& place) {
  const auto all = static_cast<int64_t>(rows.size());
  const auto taken = static_cast<int64_t>(std::ceil(share * static_cast<double>(all)));
  if (taken >= all)
    fail(ExitCode::data, place, "a share of {} leaves none of {} steps; lower it", share, all);
  std::vector<int64_t> last(rows.end() - taken, rows.end());
  rows.resize(static_cast<size_t>(all - taken));
  return last;
}

// Takes a share out of `rows` and leaves the others in it.
std::vector<int64_t> take_share(std::vector<int64_t>& rows, double share, uint32_t seed,
                                const Table& table, const Job& job, const std::string& place) {
  const schema::Split& split = job.frame().data().split();
  if (job.frame().data().has_timeseries()) return take_last(rows, share, place);
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

// No row of a timeseries may reach over a gap that a split made.
void check_order(const JobRows& rows, const Job& job) {
  for (const auto* part : {&rows.train, &rows.validation, &rows.test})
    for (size_t i = 1; i < part->size(); ++i)
      if ((*part)[i] != (*part)[i - 1] + 1)
        fail(ExitCode::data, job.place_of("data.split"),
             "splits the steps of a timeseries into pieces; sort the rows by '{}'",
             job.frame().data().split().by());
}

}  // namespace

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
        take_share(rows.train, split.test(), seed, table, job, job.place_of("data.split.test"));
  if (split.has_kfold()) rows.validation = take_fold(rows.train, seed, table, job);
  // The share is of all rows, so that {test: 0.2, validation: 0.2} gives two equal parts.
  if (split.validation() > 0) {
    const std::string place = job.place_of("data.split.validation");
    const double left = static_cast<double>(rows.train.size()) / static_cast<double>(table.rows());
    if (split.validation() >= left)
      fail(ExitCode::data, place,
           "{} of {} rows are more than the {} left beside the test rows; lower it",
           split.validation(), table.rows(), rows.train.size());
    rows.validation = take_share(rows.train, split.validation() / left, seed, table, job, place);
  }
  if (job.frame().data().has_timeseries()) check_order(rows, job);
  return rows;
}

Table used_steps(Table table, const Job& job) {
  const auto& series = job.frame().data().timeseries();
  if (!series.has_start_index() && !series.has_end_index()) return table;
  const int64_t end = series.has_end_index() ? series.end_index() : table.rows();
  if (end > table.rows() || series.start_index() >= end)
    fail(ExitCode::data, job.place_of("data.timeseries"),
         "steps {} to {} of {}; use some that there are", series.start_index(), end, table.rows());
  std::vector<int64_t> steps(static_cast<size_t>(end - series.start_index()));
  std::iota(steps.begin(), steps.end(), series.start_index());
  return table.take_rows(steps);
}

}  // namespace tutti
