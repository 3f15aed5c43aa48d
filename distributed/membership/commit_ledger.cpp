#include "distributed/membership/commit_ledger.h"

#include <algorithm>

namespace tutti::membership {

CommitLedger::CommitLedger(Generation generation, std::vector<std::string> hosts)
    : generation_(generation),
      hosts_(std::move(hosts)),
      ranks_(hosts_.size()),
      boots_(hosts_.size()) {}

std::optional<Commit> CommitLedger::note(int rank, uint64_t boot, const CommitProgress& progress) {
  if (progress.number != decision_.number + 1) return std::nullopt;  // decided, or not yet due
  ranks_[rank] = progress;
  boots_[rank] = boot;
  const auto differs = [&](const CommitProgress& other) {
    return other.number != 0 && (other.step != progress.step || other.buffer != progress.buffer);
  };
  const auto whole = [&](const CommitProgress& other) { return other.written && other.copied; };
  if (progress.failed || progress.step <= step_ || std::ranges::any_of(ranks_, differs)) {
    decision_ = {progress.number, false};
  } else if (std::ranges::all_of(ranks_, whole)) {
    decision_ = {progress.number, true};
    step_ = progress.step;
    Commit commit = assemble(progress);
    ranks_.assign(ranks_.size(), {});
    return commit;
  } else {
    return std::nullopt;
  }
  ranks_.assign(ranks_.size(), {});
  return std::nullopt;
}

Commit CommitLedger::assemble(const CommitProgress& agreed) const {
  Commit commit{generation_, agreed.number, agreed.step, agreed.buffer, {}};
  const std::vector<int> buddy = buddies(hosts_);
  for (size_t rank = 0; rank < hosts_.size(); ++rank) {
    const size_t other = static_cast<size_t>(buddy[rank]);
    commit.shares.push_back({{hosts_[rank], boots_[rank]}, {hosts_[other], boots_[other]}});
  }
  return commit;
}

}  // namespace tutti::membership
