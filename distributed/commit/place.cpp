#include "distributed/commit/place.h"

#include <fmt/format.h>

#include <system_error>

namespace tutti {

std::filesystem::path commits_of_job(uint64_t job, const std::filesystem::path& memory) {
  return memory / fmt::format("tutti-{:016x}", job);
}

void remove_commits(uint64_t job, const std::filesystem::path& memory) {
  std::error_code ignored;  // there are none, or another process is at it
  std::filesystem::remove_all(commits_of_job(job, memory), ignored);
}

}  // namespace tutti
