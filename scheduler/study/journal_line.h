// A line of a journal, in the format of Optuna 5 (optuna.storages.journal): one JSON object, which
// may hold NaN, Infinity and -Infinity where JSON may not.
//
// Ids are by order: the first study that a file creates is 0, its first trial (of whatever study)
// 0.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/study/trial.h"

namespace tutti {

enum class JournalOp : int {
  create_study = 0,
  delete_study = 1,
  study_user_attribute = 2,
  study_system_attribute = 3,
  create_trial = 4,
  parameter = 5,
  state = 6,
  intermediate = 7,
  user_attribute = 8,
  system_attribute = 9,
  discard_trials = 10,  // another program's; Optuna passes over it
};

// Who wrote a line; Optuna's own begin with a UUID.
inline constexpr std::string_view kJournalWorker = "tutti";
inline constexpr size_t kLongestJournalLine = size_t{64} << 20;  // bytes
inline constexpr int kDeepestJournalLine = 64;                   // brackets within brackets

// Throws Error (data) "[where] ..." for what is no JSON object, or too long or too deep for one.
nlohmann::json parse_journal_line(std::string_view line, const std::string& where);

std::string journal_time(
    std::chrono::milliseconds unix_time);  // "2026-11-26T10:00:00.250000+00:00"
// Read back, also of other programs, which leave out the fraction or the zone: that is then UTC.
// Null for anything else.
std::optional<std::chrono::milliseconds> unix_time_of(const std::string& journal_time);

// Lines of ours; each ends with '\n'.
namespace journal {

std::string create_study(const std::string& name, const std::vector<Direction>& directions);
std::string study_system_attribute(int64_t study_id, const std::string& key,
                                   const nlohmann::json& value);
// All that the trial has; its number is what the file's order makes it.
std::string create_trial(int64_t study_id, const Trial& trial);
std::string parameter(int64_t trial_id, const std::string& name, double number,
                      const Distribution& distribution);
// `time`: when it began to run, or ended.
std::string state(int64_t trial_id, TrialState state, const std::vector<double>& values,
                  const std::string& time);
std::string intermediate(int64_t trial_id, int64_t step, double value);
std::string user_attribute(int64_t trial_id, const std::string& key, const nlohmann::json& value);
std::string system_attribute(int64_t trial_id, const std::string& key, const nlohmann::json& value);

}  // namespace journal
}  // namespace tutti
