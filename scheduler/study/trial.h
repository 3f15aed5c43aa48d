// A trial of a study, and the record of all of them, as Optuna's storages hold it.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/space/search_space.h"

namespace tutti {

enum class Direction : int { minimize = 1, maximize = 2 };  // the numbers of Optuna's files

enum class TrialState : int { running = 0, complete = 1, pruned = 2, failed = 3, waiting = 4 };
inline bool is_finished(TrialState state) {
  return state == TrialState::complete || state == TrialState::pruned ||
         state == TrialState::failed;
}

// Of a running trial that is paused with its state: true. (False once it went on.)
inline constexpr const char* kSuspended = "tutti:suspended";
// Of a trial that goes on from another one's state (Suggestion::parent): its number.
inline constexpr const char* kParent = "tutti:parent";
// User attributes: why a trial failed, in words; the values of each of its executions; the digest
// of the parameters that its only one trained.
inline constexpr const char* kFailure = "failure";
inline constexpr const char* kExecutions = "executions";
inline constexpr const char* kParameters = "parameters";

struct Trial {
  int64_t number = 0;  // from 0, in the order asked
  TrialState state = TrialState::running;
  Point point;
  std::map<std::string, Distribution> distributions;  // of the point's hyperparameters
  // One per objective of a complete trial; the last intermediate value of a pruned one.
  std::vector<double> values;
  std::map<int64_t, double> intermediate;  // step -> value of the first objective
  std::map<std::string, nlohmann::json> user_attributes, system_attributes;
  std::string started, ended;  // Optuna's timestamps: "2026-11-26T10:00:00.000000"; "" if not yet

  // Feasible where all are at most 0 (system attribute "constraints", a list, and Optuna 5's
  // "constraints:<name>"); empty where there are none, NaN for what is no number.
  std::vector<double> constraints() const;
  double violation() const;  // the sum of those above 0; infinite where one is NaN
  std::optional<int64_t> last_step() const;
  // Paused in a rung, its state kept: a running trial with the system attribute kSuspended.
  bool suspended() const;
};

// All that is known of a study. Trials are in the order of their numbers; number i is trials[i].
struct StudyRecord {
  std::string name;
  std::vector<Direction> directions;
  std::vector<Trial> trials;
  std::map<std::string, nlohmann::json> user_attributes, system_attributes;
  // Numbers of finished trials in the order in which they ended: what decisions depend on.
  std::vector<int64_t> finished;

  // Best first, equals by number: feasible complete trials of a study with one objective.
  std::vector<const Trial*> ranking() const;
};

// The smaller the better, in either direction.
inline double loss_of(Direction direction, double value) {
  return direction == Direction::minimize ? value : -value;
}

}  // namespace tutti
