// The trials of a record as columns, which a tuner keeps between questions: what has changed since
// is read again, so that the table is the same as one made anew.
#pragma once

#include <array>
#include <map>
#include <span>

#include "scheduler/study/trial.h"
#include "scheduler/tuners/parzen.h"

namespace tutti {

class TrialTable {
 public:
  // What a trial has come to. Of its attributes, which it keeps once finished, the number tells
  // enough.
  struct Result {
    TrialState state = TrialState::waiting;  // of a suspended trial: pruned
    bool finished = false;
    bool reported = false;  // a pruned trial that reported any
    double value = 0;       // the loss of a complete trial, the last reported one of a pruned trial
    double step = 0;        // of that report
    size_t attributes = 0;
    bool operator==(const Result&) const = default;
  };
  struct Row : Result {
    double violation = 0;
    int pattern = -1;             // which hyperparameters it has; -1 if its state is of no use
    const void* point = nullptr;  // where its point lay,
    double first = 0;             // the first number there,
    size_t numbers = 0;           // and how many there were
  };

  // Trials that changed since, or all where the space or the record is another.
  void update(const SearchSpace& space, const StudyRecord& study);

  const std::vector<Row>& rows() const { return rows_; }
  // Whether each hyperparameter of the space is in a trial, and has a value that is possible.
  const std::vector<std::vector<bool>>& patterns() const { return patterns_; }
  // The densities, over these hyperparameters, of the trials that `side` puts on each of two sides
  // (0 and 1; others have another number). Those trials have all of them. Good until the next call.
  std::array<ParzenEstimator, 2>& densities(const std::vector<size_t>& hyperparameters,
                                            std::span<const uint8_t> side);

 private:
  struct Column {
    ParzenAxis axis;
    std::vector<double> places = {};
  };
  // What is kept of some hyperparameters' densities.
  struct Sides {
    std::array<ParzenEstimator, 2> densities;
    std::array<std::vector<size_t>, 2> trials = {};  // in each, ascending
    std::vector<uint8_t> side = {};                  // of each row
  };
  Result result_of(const Trial& trial) const;
  bool is_read(size_t row, const Trial& trial) const;
  void read(size_t row, const Trial& trial);
  void forget(size_t row);
  void put(size_t row, uint8_t side, const std::vector<size_t>& hyperparameters, Sides& sides);

  SearchSpace space_;
  std::vector<Direction> directions_;
  std::vector<Column> columns_;
  std::vector<Row> rows_;
  std::vector<std::vector<double>> seen_;  // of each row, what was read of the point
  std::vector<std::vector<bool>> patterns_;
  std::map<std::vector<size_t>, Sides> sides_;  // by hyperparameters that were asked for
};

}  // namespace tutti
