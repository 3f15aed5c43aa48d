// What a trial says while it trains, and is told: lines over a socket that it inherits from the
// sweep that started it.
//
//   {"metrics": ["accuracy", "loss", ...]}                once, if it is known what there will be
//   {"epoch": 1, "logs": {"accuracy": 0.5, ...}}          after each epoch, from 1; NaN is null
//
// The second is answered by one letter before training goes on: kGoOn, or kEnd: save the state
// and end, as on SIGTERM.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/callbacks/callback.h"

namespace tutti {

inline constexpr const char* kTrialSocket = "TUTTI_TRIAL_SOCKET";  // the descriptor's number
inline constexpr char kGoOn = 'g', kEnd = 'e';

struct TrialLine {
  std::vector<std::string> metrics = {};
  std::optional<int64_t> epoch = {};  // none: the first kind
  std::map<std::string, double> logs = {};
};
// Throws Error (internal) for anything else.
TrialLine parse_trial_line(std::string_view line);

// The callback of a training that is a trial; null where it is none. To be entered behind what
// writes the history and before what saves the state: a state then knows no epoch that the sweep
// does not.
std::shared_ptr<Callback> trial_reporter();

}  // namespace tutti
