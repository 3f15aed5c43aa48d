#include "io/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/base/numpy_random.h"

namespace tutti {
namespace {

int64_t test_rows_of(int64_t rows, double test_size) {
  if (!(test_size > 0 && test_size < 1))
    fail(ExitCode::data, "split", "a test share of {} is not between 0 and 1; use 0.2 for a fifth",
         test_size);
  const int64_t test = static_cast<int64_t>(std::ceil(test_size * static_cast<double>(rows)));
  if (test >= rows)
    fail(ExitCode::data, "split",
         "{} of {} rows would leave none to train on; use a smaller share or more "
         "rows",
         test, rows);
  return test;
}

// How many of `draws` fall to each class when they follow the shares of `counts`: the mode of the
// multivariate hypergeometric distribution, ties broken by the generator, as scikit-learn does.
std::vector<int64_t> draws_per_class(const std::vector<int64_t>& counts, int64_t draws,
                                     NumpyRandomState& random) {
  int64_t total = 0, given = 0;
  for (const int64_t count : counts) total += count;
  std::vector<int64_t> result;
  std::vector<double> rest;
  for (const int64_t count : counts) {
    // In the order of NumPy's operations: the rests are compared for equality.
    const double exact =
        static_cast<double>(count) / static_cast<double>(total) * static_cast<double>(draws);
    result.push_back(static_cast<int64_t>(std::floor(exact)));
    rest.push_back(exact - std::floor(exact));
    given += result.back();
  }
  const std::set<double, std::greater<>> values(rest.begin(), rest.end());
  for (const double value : values) {
    if (given == draws) break;
    std::vector<size_t> tied;
    for (size_t i = 0; i < rest.size(); ++i)
      if (rest[i] == value) tied.push_back(i);
    const auto order = random.permutation(static_cast<int64_t>(tied.size()));
    for (size_t i = 0; i < tied.size() && given < draws; ++i, ++given)
      ++result[tied[static_cast<size_t>(order[i])]];
  }
  return result;
}

void check_classes(const std::map<int64_t, std::vector<int64_t>>& members, int64_t train,
                   int64_t test) {
  for (const auto& [label, rows] : members)
    if (rows.size() < 2)
      fail(ExitCode::data, "split",
           "class {} has one row only (row {}); a stratified split needs two of each", label,
           rows[0]);
  const int64_t classes = static_cast<int64_t>(members.size());
  if (std::min(train, test) < classes)
    fail(ExitCode::data, "split",
         "{} training and {} test rows cannot hold all {} classes; change the share", train, test,
         classes);
}

}  // namespace

SplitRows train_test_rows(int64_t rows, double test_size, uint32_t random_state) {
  const int64_t test = test_rows_of(rows, test_size);
  const auto order = NumpyRandomState(random_state).permutation(rows);
  return {{order.begin() + test, order.end()}, {order.begin(), order.begin() + test}};
}

SplitRows train_test_rows(const std::vector<int64_t>& classes, double test_size,
                          uint32_t random_state) {
  const int64_t rows = static_cast<int64_t>(classes.size());
  const int64_t test = test_rows_of(rows, test_size), train = rows - test;
  std::map<int64_t, std::vector<int64_t>> members;
  for (int64_t row = 0; row < rows; ++row)
    members[classes[static_cast<size_t>(row)]].push_back(row);
  check_classes(members, train, test);
  NumpyRandomState random(random_state);
  std::vector<int64_t> counts;
  for (const auto& [label, of_class] : members)
    counts.push_back(static_cast<int64_t>(of_class.size()));
  const auto train_counts = draws_per_class(counts, train, random);
  std::vector<int64_t> left = counts;
  for (size_t i = 0; i < left.size(); ++i) left[i] -= train_counts[i];
  const auto test_counts = draws_per_class(left, test, random);
  SplitRows split;
  size_t at = 0;
  for (const auto& [label, of_class] : members) {
    const auto order = random.permutation(counts[at]);
    const auto row = [&, &of_class = of_class](int64_t i) {
      return of_class[static_cast<size_t>(order[static_cast<size_t>(i)])];
    };
    for (int64_t i = 0; i < train_counts[at]; ++i) split.train.push_back(row(i));
    for (int64_t i = 0; i < test_counts[at]; ++i) split.test.push_back(row(train_counts[at] + i));
    ++at;
  }
  random.shuffle(split.train);
  random.shuffle(split.test);
  return split;
}

}  // namespace tutti
