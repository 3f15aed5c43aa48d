// What the lines of a journal say, in their order: all its studies and their trials, as Optuna's
// own replay of the file has them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/study/journal_line.h"
#include "scheduler/study/trial.h"

namespace tutti {

struct JournalStudy {
  StudyRecord record;
  std::vector<int64_t> trial_ids;  // by number
  bool deleted = false;
  // Of each hyperparameter, the distribution in the first trial that has it: what Optuna holds
  // those of later lines against.
  std::map<std::string, std::pair<int64_t, Distribution>> first;
  std::array<std::set<int64_t>, 5> numbers;  // by state
  const std::set<int64_t>& in(TrialState state) const {
    return numbers[static_cast<size_t>(state)];
  }
  std::vector<bool> ours;  // by number: Tutti made it run
  // The trial whose intermediate value is the last of Tutti's lines about the study.
  std::optional<int64_t> last_reported;
};

class JournalRecord {
 public:
  explicit JournalRecord(std::string name) : name_(std::move(name)) {}  // for errors

  // Reads the next line. As in Optuna, what comes too late (to a trial that has finished, a study
  // that was deleted, a name that is taken) changes nothing. Throws Error (data) "[name:line] ..."
  // for what no program that keeps to the format writes: unknown operations, ids that do not
  // exist, fields that are missing or of another type.
  void apply(std::string_view line);
  // What a line of ours does that says what a trial has reported (journal::intermediate), without
  // reading it: most lines of a sweep are such.
  void report(int64_t trial_id, int64_t step, double value);

  int64_t lines() const { return lines_; }
  // The id of a study that is not deleted.
  std::optional<int64_t> find(const std::string& study_name) const;
  const JournalStudy& study(int64_t id) const { return studies_[static_cast<size_t>(id)]; }
  std::vector<std::string> study_names() const;

 private:
  void apply(JournalOp op, const nlohmann::json& line);
  void create_study(const nlohmann::json& line);
  void create_trial(JournalStudy& study, int64_t study_id, const nlohmann::json& line);
  void change_trial(JournalOp op, const nlohmann::json& line);
  std::pair<JournalStudy*, Trial*> place_of_trial(int64_t id);
  void set_parameter(JournalStudy& study, Trial& trial, const nlohmann::json& line);
  void set_state(JournalStudy& study, Trial& trial, const nlohmann::json& line);
  Trial trial_of(const nlohmann::json& line);
  const Distribution& distribution_of(const nlohmann::json& json_text);
  JournalStudy& study_of(const nlohmann::json& line);
  std::string place() const;

  std::string name_;
  int64_t lines_ = 0;
  std::unordered_map<std::string, Distribution> distributions_;  // by their JSON
  std::deque<JournalStudy> studies_;                 // by id; its records stay where they are
  std::vector<std::pair<int64_t, int64_t>> trials_;  // by id: study, number
};

}  // namespace tutti
