// MemoryGuard: finds bits of a training's state that flip in memory, where nothing else would tell.
// After each step this rank's share of the parameters and of the optimizer's state is hashed in
// blocks of 4,096 elements; in the next step, when the summed gradients are there and before the
// optimizer reads its state, the blocks must have the same hashes. Of the parameters that other
// ranks own, some blocks in turn must have the hashes that their owners noted.
//
// What changes that state between steps otherwise says so by forget().
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/graph/parameter_group.h"
#include "core/graph/trace.h"
#include "core/model/world.h"

namespace tutti {

// A rank's memory does not hold what was written there. What the step began from
// is wrong: go on from a saved state, without that machine.
class MemoryCorruption : public Error {
 public:
  MemoryCorruption(const std::string& message, int rank)
      : Error(message, ExitCode::numerics), rank_(rank) {}
  int rank() const { return rank_; }  // whose memory

 private:
  int rank_;
};

class MemoryGuard : public std::enable_shared_from_this<MemoryGuard> {
 public:
  static constexpr int64_t kCopies = 16;  // of so many received blocks one is looked at in a step

  // Of so many own blocks one is looked at in each step, in turn; 1: all.
  explicit MemoryGuard(int64_t every) : every_(every) {}
  int64_t every() const { return every_; }

  // In a Trace: where the step's state is checked; a same f64 scalar, how many blocks were wrong on
  // all ranks. `state`: all that the step reads or sets. Throws on a device without such a check.
  Value check(const Trace& trace, const std::vector<VariablePtr>& state);
  void note();    // after each step
  void forget();  // what was noted
  // Throws MemoryCorruption, alike on all ranks, if the last step found something.
  void require_whole() const;

 private:
  friend class CheckMemoryKernel;
  struct Region {
    std::string name;
    const std::byte* data;
    size_t bytes, block;  // block: of a whole one
    int64_t first;        // element of the whole tensor at its begin
    size_t width;         // of an element
    size_t blocks() const { return (bytes + block - 1) / block; }
  };
  struct Report {
    int64_t wrong = 0, own = 1, region = 0, element = 0;  // of the first that is wrong
  };
  static constexpr int64_t kTiles = 16;

  void find_regions(const Trace& trace, const std::vector<VariablePtr>& state);
  static uint64_t hash_of(const Region& region, size_t block);
  template <typename Visit>
  void for_own_blocks(int64_t tile, const Visit& visit);
  template <typename Visit>
  void for_copied_blocks(const ParameterGroup& group, const Visit& visit) const;
  void exchange_hashes(Reducer& reducer);
  void compare(int64_t tile);
  void compare_copies(size_t group);
  double exchange_reports(Reducer& reducer);
  void found(const Report& report);

  int64_t every_, turn_ = 0;
  bool noted_ = false;
  std::vector<Region> regions_;
  std::vector<std::vector<uint64_t>> hashes_;            // of each region's blocks
  std::vector<std::shared_ptr<ParameterGroup>> groups_;  // region i is that of group i
  std::vector<std::vector<uint64_t>> copied_;            // of each group's blocks, in turn
  int rank_ = 0;
  std::mutex mutex_;
  Report report_;
  std::vector<Report> reports_;  // of all ranks
};

}  // namespace tutti
