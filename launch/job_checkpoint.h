// `checkpoint:` of a job: when a run's state is saved, and how many of them stay.
#pragma once

#include "io/checkpoint/checkpointing.h"
#include "launch/job.h"
#include "launch/rank/committing.h"

namespace tutti {

// "10 min", "90 s", "2 h", "500 steps", "2 epochs", or "never": then only the last epoch's. Into
// the options' every_...; throws at `place` for anything else.
void read_every(const std::string& text, const std::string& place, CheckpointingOptions& options);

// What the job says, the default where it says nothing: every 10 minutes, the newest two stay.
// Throws with its place in the job.
CheckpointingOptions checkpointing_of(const Job& job);

// `commit:`, how often the state is copied into the memory of the hosts: seconds between two, or
// off; as often as costs a hundredth of the time where it says nothing. Throws with its place.
CommittingOptions committing_of(const Job& job);

}  // namespace tutti
