// What people see of a sweep: a table of where it is, and a line for each thing that happens.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "launch/sweep/study_file.h"

namespace tutti {

// "5 of 12 trials begun: 3 complete, 1 pruned, 1 running"
std::string sweep_counts(const StudyFile& study, const StudyRecord& record);
// "complete", "suspended", ...
std::string state_text(const Trial& trial);
// "0.4 s", "12 s", "5 min", "2.5 h"
std::string time_text(double seconds);
// A hyperparameter's value in a trial, if it is there; and in words, "" where it is not.
std::optional<Config> value_in(const SearchSpace& space, const Trial& trial,
                               const std::string& name);
std::string value_text(const SearchSpace& space, const Trial& trial, const std::string& name);
// "optimizer.learning_rate 0.01, units 64"
std::string point_text(const SearchSpace& space, const Trial& trial);
// "0.9667", with each objective's name where there are several
std::string values_text(const StudyFile& study, const Trial& trial);

// "trial 3 is complete: val_accuracy 0.9333 with units 64"; also pruned, failed, suspended, begun.
std::string trial_line(const StudyFile& study, const Trial& trial);

// Those that no other is better than: the best one of one objective, the front of several.
std::vector<const Trial*> best_trials(const StudyRecord& record);

// Counts, what runs, the best `rows` trials; at most `columns` wide, 0 for any width. `left`: about
// how many seconds there are to go.
std::vector<std::string> sweep_table(const StudyFile& study, const StudyRecord& record, size_t rows,
                                     int columns, std::optional<double> left = {});

// The table on a terminal, drawn over the one before, with lines above it; elsewhere lines alone.
class SweepDisplay {
 public:
  explicit SweepDisplay(bool watched) : watched_(watched) {}
  void say(const std::string& line);
  void draw(std::vector<std::string> table);  // nothing where nobody watches
  void end() { drawn_.clear(); }              // what is drawn stays

 private:
  void erase() const;

  bool watched_;
  std::vector<std::string> drawn_;
};

}  // namespace tutti
