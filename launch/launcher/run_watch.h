// What the launcher knows of its run, for the page: gathered from what ranks report and the judge
// says.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <string>

#include "distributed/membership/judge.h"
#include "launch/launcher/run_files.h"
#include "launch/page/run_status.h"

namespace tutti::launch {

// What a job says of its training, as far as it does; 0 where it does not.
struct TrainingSize {
  int64_t batch = 0;   // rows of a step
  int64_t shards = 0;  // of a batch, which ranks share out
  int64_t epochs = 0;
};

class RunWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  RunWatch(std::filesystem::path directory, const TrainingSize& size = {},
           StragglerWatch watch = StragglerWatch());
  void report(const membership::Report& report, Time now);
  void say(const std::string& line);
  void end(const std::string& verdict) { verdict_ = verdict; }

  // Looks at what is lost when worlds change, and, once a second, at who holds the others up: lines
  // to say, few.
  std::vector<std::string> look(const membership::Judge& judge, Time now);

  // `now`: on the clock of the reports.
  RunStatus status(const membership::Judge& judge, Time now);

 private:
  struct Heard {
    Time at;
    membership::RankState rank;
  };
  struct Rank {
    std::deque<Heard> heard;  // of the last seconds, oldest first
    Time since{};             // when it came to where it is
    std::vector<int> awaited;
  };
  RankStatus rank_status(int rank, const membership::Seat& seat, Time now) const;
  std::vector<Straggler> stragglers(const membership::World& world) const;

  void enter(const membership::World& world, Time now);

  std::filesystem::path directory_;
  TrainingSize size_;
  RunFilesReader files_;
  std::string verdict_;
  double started_;  // unix seconds
  StragglerWatch straggler_watch_;
  Time looked_{};
  membership::Generation generation_ = 0;  // of the world that was looked at
  int64_t reached_ = 0, lost_ = 0;         // steps: of that world, and done again
  std::map<membership::MemberId, Rank> ranks_;
  std::deque<RunEvent> events_;
};

}  // namespace tutti::launch
