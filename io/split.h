// Which rows train and which test: the rows, in the order, of scikit-learn's train_test_split.
#pragma once

#include <cstdint>
#include <vector>

namespace tutti {

struct SplitRows {
  std::vector<int64_t> train, test;
};

// test_size in (0, 1) is a share, rounded up to whole rows; train_test_split(test_size=,
// random_state=). Throws if a side would be empty.
SplitRows train_test_rows(int64_t rows, double test_size, uint32_t random_state);

// With stratify=: each side has every class in (nearly) the share that all rows have. `classes`
// holds each row's class; only equality and order count. Throws if a class has one row, or a side
// fewer rows than there are classes.
SplitRows train_test_rows(const std::vector<int64_t>& classes, double test_size,
                          uint32_t random_state);

}  // namespace tutti
