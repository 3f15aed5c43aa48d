// What a job commits to the memory of a host outlives its ranks, for those that are started again,
// but not for long.
#pragma once

#include <chrono>
#include <filesystem>

namespace tutti::supervise {

// Keeps a job's commits on this host as long as one lives, in any process, and for `after` from
// then on: a process of its own, one for each job and host, then removes them.
class CommitLease {
 public:
  static constexpr const char* lock_file = "lock";  // locked, shared, by all who hold a lease

  // Makes the folder. Throws Error (io) where it cannot be made or belongs to somebody else.
  explicit CommitLease(const std::filesystem::path& commits_of_job,
                       std::chrono::milliseconds after = std::chrono::seconds(30));
  ~CommitLease();
  CommitLease(const CommitLease&) = delete;

 private:
  int lock_ = -1;
};

}  // namespace tutti::supervise
