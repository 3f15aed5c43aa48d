// A process that trains trials of a sweep which another process coordinates (worker_pool.h), each
// in a process of its own. It writes nothing but their runs.
#pragma once

#include "launch/sweep/sweep_folder.h"

namespace tutti {

enum class WorkerEnd {
  over,     // the sweep is
  stopped,  // it was asked to stop, and goes on another time
  left,     // this process was asked to (StopSignal): its trials go on elsewhere
  lost,     // the coordinator is: its trials were killed
};

// Offers so many slots until that. Throws Error where this host cannot train the study.
WorkerEnd serve_sweep(const SweepFolder& folder, const StudyFile& study, int slots);

}  // namespace tutti
