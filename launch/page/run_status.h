// What is known of a run at one moment: filled by the launcher, shown as a page, as JSON and as
// Prometheus text. Names in it come from anywhere and are escaped where they are shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/activity.h"
#include "launch/page/stragglers.h"

namespace tutti {

struct RankStatus {
  int rank = 0;
  std::string host;
  std::string phase = "starting";  // training, saving, silent, dead, ...
  int64_t step = 0;                // steps done
  std::string where;               // "matmul @ dense", "train.csv"
  bool waiting = false;            // for other ranks
  int awaited = -1;                // one of them
  double since = 0;                // seconds that it has been there
  double silent = 0;               // seconds since its last word
  double steps_per_second = 0;
  double bytes_per_second = 0;  // to and from other ranks
  std::array<double, kActivityKinds> seconds = {};
  double waited = 0;
};

// A quantity of the logs, oldest first; who fills it thins it to some hundred points.
struct Curve {
  struct Point {
    double epoch = 0, value = 0;  // epochs done
  };
  std::string name;  // "loss", "val_loss"
  std::vector<Point> points;
};

struct RunEvent {
  double time = 0;  // unix seconds
  std::string text;
};

struct RunStatus {
  std::string job, directory;
  std::string phase = "starting";  // training, recovering, waiting for hosts, done, failed, ...
  std::string verdict;             // why it ended; empty while it goes on
  double time = 0, started = 0;    // unix seconds
  uint64_t generation = 0;         // of the world
  int64_t step = 0;                // steps done
  int64_t epochs_done = 0, epochs = 0;  // and in all; 0 where that is not known
  double steps_per_second = 0, rows_per_second = 0;
  int restarts = 0;
  int64_t lost_steps = 0;                               // done again after failures
  std::optional<int64_t> commit_step, checkpoint_step;  // of the newest
  std::vector<RankStatus> ranks;
  std::vector<Straggler> stragglers;
  std::vector<Curve> curves;
  std::vector<RunEvent> events;  // newest last
};

std::string to_json(const RunStatus& status);
// Text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
std::string to_prometheus(const RunStatus& status);

}  // namespace tutti
