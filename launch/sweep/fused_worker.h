// A process that trains many trials of a sweep at once, each in a thread: what small ones cost then
// is their training, not a process, its data and its files. It is asked by lines over the socket
// that it inherits, and says what trial_reports.h has.
//
//   {"begin": 7, "execution": 0, "point": {"units": 64.0}, "judged": true}
//   {"go_on": 7}      the answer to an epoch of one that is judged; until then it waits, and holds
//                     all of its state
//   {"suspend": 7}    another answer: it saves its state and ends, until it is begun again
//   {"end": 7}        it ends after its epoch
//
// It ends, with all trials, when the socket does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "launch/sweep/sweep_folder.h"

namespace tutti {

struct TrialRequest {
  enum class Kind { begin, go_on, suspend, end };
  Kind kind = Kind::begin;
  int64_t trial = 0;
  // Of begin:
  int64_t execution = 0;
  Point point = {};
  bool judged = false;  // whether it waits for an answer after each epoch
};
std::string text_of(const TrialRequest& request);
// Throws Error (internal) for anything else.
TrialRequest parse_trial_request(std::string_view line);

// Trains what it is asked for until the sweep is gone.
void serve_trials(const SweepFolder& folder, int socket);

}  // namespace tutti
