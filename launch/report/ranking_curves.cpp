#include "launch/report/ranking_curves.h"

#include <algorithm>
#include <numeric>

namespace tutti {

RankingCurves ranking_curves(const std::vector<double>& scores, const std::vector<bool>& positive) {
  const auto positives = static_cast<double>(std::count(positive.begin(), positive.end(), true));
  const double negatives = static_cast<double>(positive.size()) - positives;
  RankingCurves curves;
  if (positives == 0 || negatives == 0) return curves;
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  double hits = 0, alarms = 0, last_hits = 0, last_alarms = 0;
  curves.false_positive_rate = curves.true_positive_rate = {0};
  curves.recall = {0}, curves.precision = {1};
  const size_t step = std::max<size_t>(1, order.size() / 300);
  size_t since = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    (positive[order[i]] ? hits : alarms) += 1;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;  // a tie
    curves.area += (alarms - last_alarms) * (hits + last_hits) / 2 / positives / negatives;
    curves.average_precision += (hits - last_hits) / positives * hits / (hits + alarms);
    last_hits = hits, last_alarms = alarms;
    if (++since < step && i + 1 < order.size()) continue;
    since = 0;
    curves.false_positive_rate.push_back(alarms / negatives);
    curves.true_positive_rate.push_back(hits / positives);
    curves.recall.push_back(hits / positives);
    curves.precision.push_back(hits / (hits + alarms));
  }
  return curves;
}

}  // namespace tutti
