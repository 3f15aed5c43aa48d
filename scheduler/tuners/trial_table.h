// The trials of a record as columns, which a tuner keeps between questions: what has changed since
// is read again, so that the table is the same as one made anew.
#pragma once

#include <array>
#include <span>

#include "scheduler/study/trial.h"
#include "scheduler/tuners/parzen.h"

namespace tutti {

class TrialTable {
 public:
  struct Row {
    TrialState state = TrialState::waiting;  // of a suspended trial: pruned
    double value = 0;       // the loss of a complete trial, the last reported one of a pruned trial
    double step = 0;        // of that report
    bool reported = false;  // a pruned trial that reported any
    double violation = 0;
    const void* point = nullptr;  // where its point lay
    int pattern = -1;             // which hyperparameters it has; -1 if its state is of no use
  };

  // Trials that changed since, or all where the space or the record is another.
  void update(const SearchSpace& space, const StudyRecord& study);

  const std::vector<Row>& rows() const { return rows_; }
  // Whether each hyperparameter of the space is in a trial, and has a value that is possible.
  const std::vector<std::vector<bool>>& patterns() const { return patterns_; }
  const ParzenAxis& axis(size_t hyperparameter) const { return columns_[hyperparameter].axis; }

  // The columns of these hyperparameters, of the trials that `side` puts on each of two sides (0
  // and 1; others have another number). Those trials have all of them. Good until the next call.
  std::array<std::vector<ParzenColumn>, 2> sides(std::span<const size_t> hyperparameters,
                                                 std::span<const uint8_t> side);

 private:
  struct Column {
    ParzenAxis axis;
    std::vector<double> places = {};
    std::vector<int> order = {};  // trials that have it, by place
    std::vector<KernelWidth> widths = {};
  };
  bool is_read(size_t row, const Trial& trial) const;
  void read(size_t row, const Trial& trial, const StudyRecord& study);
  void forget(size_t row);

  SearchSpace space_;
  std::vector<Direction> directions_;
  std::vector<Column> columns_;
  std::vector<Row> rows_;
  std::vector<std::vector<double>> seen_;  // of each row, all that was read of the trial
  std::vector<std::vector<bool>> patterns_;
  std::array<std::vector<int>, 2> trials_;  // of each side
};

}  // namespace tutti
