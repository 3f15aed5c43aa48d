// What one rank did and when: kept while it trains, written into the run, read by `tutti timeline`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/activity_trace.h"
#include "core/callbacks/callback.h"
#include "distributed/clock_offset.h"

namespace tutti {

struct RankTrace {
  int rank = 0, ranks = 1;
  std::string host;
  size_t dropped = 0;               // spans before these
  std::vector<ClockOffset> clocks;  // at the begin, and at the end where there was one
  struct Span {
    int64_t begin = 0, end = 0;  // nanoseconds of the rank's steady clock
    std::string name;
    ActivityKind kind = ActivityKind::other;
    bool waiting = false;
    int64_t step = 0;
  };
  std::vector<Span> spans;  // oldest first

  // Of the rank's own time, on rank 0's clock: between two measurements on the line through them.
  int64_t on_first_clock(int64_t time) const;
  int64_t clock_error() const;  // the largest of the measurements'
};

std::string to_json(const RankTrace& trace);
// Throws Error (data) naming the file and what is wrong in it.
RankTrace read_rank_trace(const std::filesystem::path& path);
std::vector<RankTrace> read_traces(const std::filesystem::path& run);  // of all ranks

// Keeps what this rank does in a fit, and writes it into the run's folder when that ends, however
// it ends: the newest spans, `capacity` of them (32 bytes each). On all ranks.
class TraceRecorder final : public Callback {
 public:
  static constexpr const char* folder = "trace";  // of the run
  static constexpr size_t kCapacity = size_t{1} << 18;

  explicit TraceRecorder(Communicator& communicator, size_t capacity = kCapacity);
  ~TraceRecorder() override;
  bool on_every_rank() const override { return true; }
  void on_train_begin() override;
  void on_train_end() override;

 private:
  void write();

  Communicator& communicator_;
  ActivityTrace trace_;
  std::filesystem::path folder_;
  std::vector<ClockOffset> clocks_;
  bool listening_ = false;
};

}  // namespace tutti
