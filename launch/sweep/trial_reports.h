// What a trial says while it trains, and is told: lines over a socket that it inherits from the
// sweep that started it.
//
//   {"trial": 0, "metrics": ["accuracy", "loss", ...]}    once, if it is known what there will be
//   {"trial": 0, "epoch": 1, "logs": {"loss": 0.5, ...}}  after each epoch, from 1; NaN is null
//   {"trial": 7, "code": 0, "words": "", "parameters": "0123456789abcdef"}    it has ended
//
// A process of one trial calls it 0. The second is answered there by one letter before training
// goes on: kGoOn, or kEnd: save the state and end, as on SIGTERM. "t4;" may come at any time: train
// with 4 threads, from a step soon. A process of many (fused_worker.h) says the third, too.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/callbacks/callback.h"

namespace tutti {

inline constexpr const char* kTrialSocket = "TUTTI_TRIAL_SOCKET";  // the descriptor's number
inline constexpr char kGoOn = 'g', kEnd = 'e';
std::string threads_text(int threads);  // "t4;"

inline constexpr int kNeedsItsOwn = -1;  // nothing was done: it needs a process of its own

inline constexpr size_t kLongestTrialLine = size_t{1} << 20;

struct TrialLine {
  std::vector<std::string> metrics = {};
  std::optional<int64_t> epoch = {};  // none: the first kind
  std::map<std::string, double> logs = {};
  int64_t trial = 0;  // in a process of many
  struct End {
    int code = 0;  // as of a process: ExitCode; or kNeedsItsOwn
    std::string words = {}, parameters = {};
  };
  std::optional<End> end = {};
};
std::string text_of(const TrialLine& line);
// Throws Error (internal) for anything else.
TrialLine parse_trial_line(std::string_view line);

TrialLine metrics_line(const TrainingControl::Plan& plan);
// `epoch` from 0, as callbacks count. Of `only` these metrics, where all of them are there.
TrialLine epoch_line(int64_t epoch, const Logs& logs, const std::set<std::string>& only = {});

// What kTrialSocket says; none where it is not set. Throws Error (usage) for what is no descriptor.
std::optional<int> trial_socket();

// The callback of a training that is a trial; null where it is none. To be entered behind what
// writes the history and before what saves the state: a state then knows no epoch that the sweep
// does not.
std::shared_ptr<Callback> trial_reporter();

}  // namespace tutti
