// The traces of all ranks as one, in Chrome's trace event format, which Perfetto opens: a process
// for each rank, in it a track for each kind of work, all on rank 0's clock, which begins at 0.
#pragma once

#include <span>
#include <string>

#include "launch/timeline/rank_trace.h"

namespace tutti {

// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
std::string chrome_trace(std::span<const RankTrace> traces);

}  // namespace tutti
