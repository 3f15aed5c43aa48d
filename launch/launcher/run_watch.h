// What the launcher knows of its run, for the page: gathered from what ranks report and the judge
// says.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>

#include "distributed/membership/judge.h"
#include "launch/page/run_status.h"

namespace tutti::launch {

class RunWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  RunWatch(std::string job, std::string directory);
  void report(const membership::Report& report, Time now);
  void say(const std::string& line);
  void end(const std::string& verdict) { verdict_ = verdict; }

  // `now`: on the clock of the reports.
  RunStatus status(const membership::Judge& judge, Time now) const;

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

  std::string job_, directory_, verdict_;
  double started_;  // unix seconds
  std::map<membership::MemberId, Rank> ranks_;
  std::deque<RunEvent> events_;
};

}  // namespace tutti::launch
