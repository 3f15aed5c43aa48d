// ParameterGroup: variables in one flat order, cut into shares, one per rank. Gradients meet in a
// reduce-scatter, each rank updates its share, an all-gather gives all ranks the new parameters.
//
// The order is cut into blocks of 4,096 elements that never straddle a variable; shares begin and
// end at blocks. Sums over a variable are per block, then a tree over the variable's blocks, so
// they depend on the order alone.
#pragma once

#include <memory>
#include <vector>

#include "core/base/shard_layout.h"
#include "core/graph/gradient.h"
#include "core/graph/op.h"
#include "core/graph/reducer.h"
#include "core/graph/variable.h"

namespace tutti {

inline constexpr int64_t kBlockElements = 4096;

class ParameterGroup : public std::enable_shared_from_this<ParameterGroup> {
 public:
  // Moves the variables' elements into one flat piece of memory, which ranks of one host share
  // where they can. All variables have one floating dtype, and the same elements on all ranks.
  // Collective.
  ParameterGroup(std::vector<VariablePtr> variables, Reducer& reducer);

  const std::vector<VariablePtr>& variables() const { return variables_; }
  DType dtype() const { return dtype_; }
  int64_t elements() const { return offsets_.back(); }
  const std::vector<int64_t>& offsets() const { return offsets_; }  // of variables, and the end
  const std::vector<int64_t>& blocks() const { return blocks_; }    // block begins, and the end
  const std::vector<int64_t>& shares() const { return shares_; }    // share begins, and the end
  Range share() const { return {shares_[rank_], shares_[rank_ + 1]}; }
  int rank() const { return static_cast<int>(rank_); }
  int world() const { return static_cast<int>(shares_.size()) - 1; }
  const Tensor& flat() const { return flat_; }  // the parameters' memory
  // Where this rank's gradients should lie, `bytes` of it; null for anywhere. Collective.
  void* partials_memory(size_t bytes);

  // In a Trace. Values of kind share have shape (share().size(),).
  Value reduce_scatter(const std::vector<Gradient>& gradients);  // the summed gradients' share
  Value read_share();                                  // this rank's parameters, newest version
  void assign_share(const Value& share);               // all-gather: the variables get new versions
  std::vector<Value> gather(const Value& share);       // all of it, a same value for each variable
  Value take(const std::vector<Value>& per_variable);  // its inverse: this rank's share
  Value tensor_sums(
      const Value& share);  // same (variables,): the sum over each variable's elements
  // same (variables,): how many elements are NaN or infinite; or, with `squares`, their squares.
  Value not_finite(const Value& share, bool squares = false);
  Value expand(
      const Value& per_variable);  // same (variables,) -> share: each element its variable's

 private:
  std::vector<VariablePtr> variables_;
  std::vector<int64_t> offsets_, blocks_, shares_;
  size_t rank_;
  DType dtype_;
  Tensor flat_;
  Reducer* reducer_;
  bool shares_memory_ = false;
  void* partials_ = nullptr;
  size_t partials_bytes_ = 0;
};

// Share begins (world + 1 of them): the first block at or after each r / world of the elements.
std::vector<int64_t> share_offsets(const std::vector<int64_t>& blocks, int world);

}  // namespace tutti
