#include "io/folds.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/base/numpy_random.h"

namespace tutti {
namespace {

void check_folds(int64_t folds, int64_t rows) {
  if (folds < 2 || folds > rows)
    fail(ExitCode::data, "kfold", "{} folds of {} rows; use from 2 to as many as there are rows",
         folds, rows);
}

std::vector<SplitRows> rows_of_folds(const std::vector<int64_t>& fold_of_row, int64_t folds) {
  std::vector<SplitRows> splits(static_cast<size_t>(folds));
  for (size_t row = 0; row < fold_of_row.size(); ++row)
    for (size_t fold = 0; fold < splits.size(); ++fold) {
      const bool held = fold_of_row[row] == static_cast<int64_t>(fold);
      (held ? splits[fold].test : splits[fold].train).push_back(static_cast<int64_t>(row));
    }
  return splits;
}

}  // namespace

std::vector<SplitRows> KFold::split(int64_t rows) const {
  check_folds(n_splits, rows);
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  if (random_state) NumpyRandomState(*random_state).shuffle(order);
  std::vector<int64_t> fold_of_row(order.size());
  size_t at = 0;
  for (int64_t fold = 0; fold < n_splits; ++fold) {
    const int64_t size = rows / n_splits + (fold < rows % n_splits ? 1 : 0);
    for (int64_t i = 0; i < size; ++i) fold_of_row[static_cast<size_t>(order[at++])] = fold;
  }
  return rows_of_folds(fold_of_row, n_splits);
}

std::vector<SplitRows> StratifiedKFold::split(const std::vector<int64_t>& classes) const {
  check_folds(n_splits, static_cast<int64_t>(classes.size()));
  std::map<int64_t, size_t> number;  // of each class, as they appear
  std::vector<std::vector<size_t>> members;
  for (size_t row = 0; row < classes.size(); ++row) {
    const auto [found, is_new] = number.try_emplace(classes[row], members.size());
    if (is_new) members.emplace_back();
    members[found->second].push_back(row);
  }
  const auto largest = std::max_element(members.begin(), members.end(),
                                        [](auto& a, auto& b) { return a.size() < b.size(); });
  if (static_cast<int64_t>(largest->size()) < n_splits)
    fail(ExitCode::data, "kfold", "no class has {} rows, one for each fold; use fewer folds",
         n_splits);
  // Round robin over the rows sorted by class says how many of a class each fold gets.
  std::vector<std::vector<int64_t>> given(members.size(),
                                          std::vector<int64_t>(static_cast<size_t>(n_splits)));
  size_t place = 0;
  for (size_t k = 0; k < members.size(); ++k)
    for (size_t i = 0; i < members[k].size(); ++i)
      ++given[k][place++ % static_cast<size_t>(n_splits)];
  std::optional<NumpyRandomState> random;
  if (random_state) random.emplace(*random_state);
  std::vector<int64_t> fold_of_row(classes.size());
  for (size_t k = 0; k < members.size(); ++k) {
    std::vector<int64_t> folds;
    for (int64_t fold = 0; fold < n_splits; ++fold)
      folds.insert(folds.end(), static_cast<size_t>(given[k][static_cast<size_t>(fold)]), fold);
    if (random) random->shuffle(folds);
    for (size_t i = 0; i < folds.size(); ++i) fold_of_row[members[k][i]] = folds[i];
  }
  return rows_of_folds(fold_of_row, n_splits);
}

std::vector<FoldResult> cross_validate(const std::function<std::shared_ptr<Model>()>& make_model,
                                       const Dataset& data, const std::vector<SplitRows>& folds,
                                       const FitOptions& options) {
  std::vector<FoldResult> results;
  for (const auto& fold : folds) {
    const auto model = make_model();
    const Dataset train = data.take_rows(fold.train), test = data.take_rows(fold.test);
    FitOptions of_fold = options;
    if (of_fold.batch_size > train.rows()) of_fold.batch_size = train.rows();
    FoldResult result;
    result.history = model->fit(std::shared_ptr<const RowSource>(train), of_fold);
    result.held_out = model->evaluate(std::shared_ptr<const RowSource>(test),
                                      options.batch_size > 0 ? options.batch_size : 32);
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace tutti
