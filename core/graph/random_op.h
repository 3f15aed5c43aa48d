// Ops that draw random numbers. A number is Philox of (the job's seed, or the op's own; step, row
// of the global batch, call site, element / 4), so it depends on neither ranks nor threads nor the
// pass that moved the op.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/graph/op.h"

namespace tutti {

// The next call site of the step being traced, RandomOp::kUnnumbered outside a Trace. Ops of a seed
// of their own are counted by that seed alone: others may come and go before them.
int64_t next_call_site(std::optional<uint64_t> seed = std::nullopt);

class RandomOp : public Op {
 public:
  // Outside a Trace, where a model is only described.
  static constexpr int64_t kUnnumbered = -1;

  explicit RandomOp(std::optional<uint64_t> seed = std::nullopt)
      : RandomOp(seed, next_call_site(seed)) {}
  RandomOp(std::optional<uint64_t> seed, int64_t call_site) : seed_(seed), call_site_(call_site) {}
  int64_t call_site() const { return call_site_; }
  // Its numbers are those of a job of this seed; none: of the job's.
  const std::optional<uint64_t>& seed() const { return seed_; }
  // This op drawing at another call site.
  virtual std::shared_ptr<const Op> with_call_site(int64_t call_site) const = 0;

  bool pure() const override { return false; }

 private:
  std::optional<uint64_t> seed_;
  int64_t call_site_;
};

}  // namespace tutti
