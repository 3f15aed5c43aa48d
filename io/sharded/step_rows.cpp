#include "io/sharded/step_rows.h"

#include <algorithm>

#include "core/model/row_order.h"

namespace tutti {

std::vector<int64_t> StepRows::places(int64_t step, bool whole) const {
  const int64_t round = step / steps_a_round(), begin = step % steps_a_round() * layout.batch;
  ShardLayout of_step = layout;  // the last batch of a round may be a smaller one
  of_step.batch = std::min(layout.batch, rows - begin);
  const Range owned = whole ? Range{0, of_step.batch} : of_step.owned_rows();
  std::vector<int64_t> taken(static_cast<size_t>(owned.size()));
  RowOrder(seed, round, rows, shuffle).fill(begin + owned.begin, taken);
  return taken;
}

std::vector<int64_t> StepRows::of_all(int64_t step) const { return places(step, true); }
std::vector<int64_t> StepRows::of_rank(int64_t step) const { return places(step, false); }

}  // namespace tutti
