// Ops that draw random numbers. A number is Philox of (the job's seed; step, row of the global
// batch, call site, element / 4), so it depends on neither ranks nor threads nor the pass that
// moved the op.
#pragma once

#include <cstdint>
#include <memory>

#include "core/graph/op.h"

namespace tutti {

// The next call site of the step being traced, RandomOp::kUnnumbered outside a Trace.
int64_t next_call_site();

class RandomOp : public Op {
 public:
  // Outside a Trace, where a model is only described.
  static constexpr int64_t kUnnumbered = -1;

  explicit RandomOp(int64_t call_site = next_call_site()) : call_site_(call_site) {}
  int64_t call_site() const { return call_site_; }
  // This op drawing at another call site.
  virtual std::shared_ptr<const Op> with_call_site(int64_t call_site) const = 0;

  bool pure() const override { return false; }

 private:
  int64_t call_site_;
};

}  // namespace tutti
