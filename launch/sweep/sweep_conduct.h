// A sweep from here to its end, for people: by this process, or with others (sweep_party.h).
#pragma once

#include "launch/sweep/sweep_folder.h"
#include "launch/sweep/sweep_party.h"

namespace tutti {

// Leads the sweep, or trains trials for who does until it is this process's turn. Throws Error:
// (stopped) it was asked to stop; (io) another is at work there, and this is to sweep alone; and
// what the study, the coordinator and the executor throw.
void conduct_sweep(const StudyFile& file, const SweepFolder& folder, const SweepParty& party);

// As a worker that the one who leads has started.
void work_for_sweep(const StudyFile& file, const SweepFolder& folder, int slots);

// The best trials so far, and where their runs are.
void print_best(const SweepFolder& folder, const StudyFile& file, const StudyRecord& record);

}  // namespace tutti
