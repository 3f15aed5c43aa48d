// Ops that draw random numbers. Each carries a call site, numbered when a step is traced and kept by
// every pass, so that its numbers depend on (seed, step, row, call site) alone.
#pragma once

#include <memory>

#include "core/graph/op.h"

namespace tutti {

class RandomOp : public Op {
 public:
  explicit RandomOp(int64_t call_site) : call_site_(call_site) {}
  int64_t call_site() const { return call_site_; }
  virtual std::shared_ptr<const Op> with_call_site(int64_t call_site) const = 0;
  bool pure() const override { return false; }

 private:
  int64_t call_site_;
};

// The next call site of the step being traced; 0 outside a Trace, where a model is only described.
int64_t next_call_site();

}  // namespace tutti
