#include "core/ops/shuffle_rows.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/ops/gather_rows.h"
#include "core/ops/op_checks.h"

namespace tutti {

std::vector<ValueType> ShuffledRowsOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("shuffled_rows", inputs, 1);
  require_kind("shuffled_rows", inputs[0], ValueKind::same, "make one with gather_rows");
  if (!inputs[0].shape.has_rows())
    fail("shuffled_rows", "{} has no rows of a batch; make one that has with gather_rows",
         to_string(inputs[0]));
  return {{inputs[0].dtype, inputs[0].shape, ValueKind::row}};
}

std::vector<Value> ShuffledRowsOp::gradient(const std::shared_ptr<Node>&,
                                            std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  const Value back = make_node(std::make_shared<ShuffledRowsOp>(seed(), call_site(), !inverse_),
                               {gather_rows(output_gradients[0])});
  return {gather_rows(back)};
}

std::string ShuffledRowsOp::parameters() const {
  const std::string own = seed() ? fmt::format("seed={} ", *seed()) : "";
  return fmt::format("{}call_site={}{}", own, call_site(), inverse_ ? " inverse" : "");
}

Value shuffle_rows(const Value& value, std::optional<uint64_t> seed) {
  return make_node(std::make_shared<ShuffledRowsOp>(seed), {gather_rows(value)});
}

}  // namespace tutti
