// Where indexes of data files are kept: in the run or a cache, never beside the data.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "io/sharded/data_index.h"
#include "launch/session.h"

namespace tutti {

// How a command reads rows of any size.
struct RowAccess {
  std::filesystem::path folder = {};  // of indexes; "": TUTTI_CACHE, else one that goes away again
  Session* session = nullptr;         // whose ranks read together; null: this process alone
};

// `cache` if it says anything, else TUTTI_CACHE, else `otherwise`.
std::filesystem::path cache_folder(const std::string& cache,
                                   const std::filesystem::path& otherwise = {});

class IndexFolder {
 public:
  // Collective among the ranks of `access`.
  explicit IndexFolder(const RowAccess& access);
  ~IndexFolder();  // removes what it made to go away again
  IndexFolder(const IndexFolder&) = delete;
  IndexFolder& operator=(const IndexFolder&) = delete;

  // Of rank 0, and of ranks that do not see the folder that it made: those have their own.
  bool builds() const { return builds_; }
  IndexOptions options() const { return {path_, builds_}; }

 private:
  std::filesystem::path path_;
  bool builds_ = true, goes_away_ = false;
};

// Does it on rank 0 while the other ranks wait, as long as it takes while it reads on: a rank that
// is stuck is seen by the deadline of the others.
void on_first_rank(Session* session, const std::function<void()>& work);

}  // namespace tutti
