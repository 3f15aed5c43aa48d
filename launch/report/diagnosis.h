// What ails a training, in plain sentences, each with a remedy. A healthy one gets none: every
// rule has a threshold that lies well beyond what trainings without the illness show.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "launch/report/training_record.h"

namespace tutti {

struct Diagnosis {
  std::string name;      // "dead_units"; see diagnose()
  std::string sentence;  // what is seen, how much, where
  std::string remedy;
  std::optional<int64_t> epoch = {};  // where it began, from 1, if that is known
};

struct TrainingEvidence {
  std::map<std::string, std::vector<double>> history;  // of each epoch: "loss", "val_loss", ...
  TrainingRecord record;                               // may be empty
  // How many training rows each class has; empty where none is predicted or rows are weighted.
  std::vector<std::pair<std::string, int64_t>> classes;
};

// In this order:
//   not_finite           a loss that is NaN or infinite
//   exploding_gradients  a gradient that dwarfs the loss, or grew a thousandfold while that rose
//   rate_too_high        the loss rose, jumps about, or stays where it was though weights moved far
//   dead_units           half or more of an activation's units give 0 for every row
//   vanishing_gradients  the first layer's gradient is below a thousandth of the last one's
//   saturation           most values of a sigmoid or tanh lie where it is flat
//   rate_too_low         the loss falls steadily and hardly, the weights hardly move
//   overfitting          the validation loss turned and rose while the training loss fell on
//   class_imbalance      a class has an eighth of the rows of another, or fewer
std::vector<Diagnosis> diagnose(const TrainingEvidence& evidence);

}  // namespace tutti
