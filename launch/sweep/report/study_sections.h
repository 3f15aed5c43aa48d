// The parts of a sweep's report. Each adds what the study has, and leaves out or says what it
// lacks.
#pragma once

#include "launch/report/page.h"
#include "launch/sweep/report/sweep_source.h"

namespace tutti {

void add_sweep_facts(Page& page, const SweepSource& source);
// The best trial, or those that no other is better than: their values, and how to use them.
void add_best_trials(Page& page, const SweepSource& source);
// What was asked: the space, the objectives, tuner, pruner, bounds.
void add_question(Page& page, const SweepSource& source);
// How it went: values by trial, learning curves, the front of two objectives, trials in time.
void add_course(Page& page, const SweepSource& source);
// What the values depend on: importance, each hyperparameter, all side by side, the first two.
void add_hyperparameters(Page& page, const SweepSource& source);
// Every trial as a row.
void add_all_trials(Page& page, const SweepSource& source);

}  // namespace tutti
