// Which rows each step of a training takes, known before it begins.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/shard_layout.h"

namespace tutti {

struct StepRows {
  uint64_t seed = 0;
  int64_t rows = 0;     // of the data
  bool shuffle = true;  // each round over the data in another order
  ShardLayout layout;   // of a whole batch; the rank whose rows these are

  int64_t steps_a_round() const { return (rows + layout.batch - 1) / layout.batch; }
  // The rows of step 0, 1, ..., in the order in which fit takes them: all, or this rank's.
  std::vector<int64_t> of_all(int64_t step) const;
  std::vector<int64_t> of_rank(int64_t step) const;

 private:
  std::vector<int64_t> places(int64_t step, bool whole) const;
};

}  // namespace tutti
