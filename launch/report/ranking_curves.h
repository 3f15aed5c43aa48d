// ROC and precision-recall curves of scores, as scikit-learn has them.
#pragma once

#include <vector>

namespace tutti {

struct RankingCurves {
  // From the threshold above all scores down; at most a few hundred points of them.
  std::vector<double> false_positive_rate, true_positive_rate;
  std::vector<double> recall, precision;
  double area = 0;               // below the ROC curve, by trapezoids over all thresholds
  double average_precision = 0;  // sum of (recall step) x precision
  bool defined() const { return !recall.empty(); }  // false without positives or negatives
};
RankingCurves ranking_curves(const std::vector<double>& scores, const std::vector<bool>& positive);

}  // namespace tutti
