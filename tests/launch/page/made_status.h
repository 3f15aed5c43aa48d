// A run that never was, with names as a hostile file would have them.
#pragma once

#include "launch/page/run_status.h"

namespace tutti::testing_support {

inline const char* const kMarkup = "<img src=x onerror=alert(1)> \"&\\ \n\xff";

inline RunStatus made_status() {
  RunStatus status;
  status.job = kMarkup;
  status.directory = "runs/<b>one</b>";
  status.phase = "training";
  status.time = 1.7e9 + 90, status.started = 1.7e9;
  status.generation = 3;
  status.step = 1234, status.epochs_done = 12, status.epochs = 50;
  status.steps_per_second = 12.5, status.rows_per_second = 1600;
  status.restarts = 2, status.lost_steps = 40;
  status.commit_step = 1230, status.checkpoint_step = 1000;
  for (int rank = 0; rank < 4; ++rank)
    status.ranks.push_back({.rank = rank,
                            .host = rank == 3 ? kMarkup : "node" + std::to_string(rank / 2),
                            .phase = "training",
                            .step = 1234,
                            .where = rank == 2 ? "matmul @ model/dense_1" : "sum @ gradients",
                            .waiting = rank != 2,
                            .awaited = rank != 2 ? 2 : -1,
                            .since = rank == 0 ? 7.0 : 0.1,
                            .silent = 0.4,
                            .steps_per_second = 12.5,
                            .bytes_per_second = 3.2e7,
                            .seconds = {1, 4, rank == 2 ? 60.0 : 30.0, rank == 2 ? 5.0 : 35.0, 1},
                            .waited = rank == 2 ? 0.0 : 28.0});
  status.stragglers = {{.rank = 2, .cause = ActivityKind::compute, .factor = 2, .seconds = 0.4}};
  Curve loss{"loss", {}}, val{"val_loss", {}};
  for (int i = 0; i < 50; ++i) {
    loss.points.push_back({25.0 * i, 2.3 / (1 + 0.1 * i)});
    if (i % 5 == 0) val.points.push_back({25.0 * i, 2.4 / (1 + 0.09 * i)});
  }
  status.curves = {loss, val, {.name = kMarkup, .points = {{100, 1.0}}}};
  status.events = {{1.7e9 + 5, "world 1: 4 ranks on 2 hosts"},
                   {1.7e9 + 40, "rank 1 (node0) was ended by signal 9; going on from step 800"}};
  return status;
}

}  // namespace tutti::testing_support
