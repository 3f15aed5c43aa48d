// What the directory of a run tells while it goes on, for who looks at it: how well it does, and
// what is saved.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <optional>
#include <vector>

#include "launch/page/run_status.h"

namespace tutti::launch {

struct RunFiles {
  int64_t epochs = 0;                      // done
  std::vector<Curve> curves;               // of each quantity of history.csv, by epoch
  std::optional<int64_t> checkpoint_step;  // of the newest checkpoint
};

// What cannot be read is left out.
RunFiles read_run_files(const std::filesystem::path& run);

// As they were a second or so ago. Another thread reads them, and nobody waits for it: the disk of
// a run may hang, and who judges the run must not.
class RunFilesReader {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit RunFilesReader(std::filesystem::path run) : run_(std::move(run)) {}
  const RunFiles& newest(Time now);

 private:
  std::filesystem::path run_;
  RunFiles newest_;
  std::future<RunFiles> reading_;
  Time began_{};
};

}  // namespace tutti::launch
