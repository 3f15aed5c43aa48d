#include "launch/report/ranking_curves.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace tutti {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

// scikit-learn's documentation: roc_auc_score and average_precision_score of these four.
TEST(RankingCurves, AreScikitLearns) {
  const RankingCurves curves = ranking_curves({0.1, 0.4, 0.35, 0.8}, {false, false, true, true});
  EXPECT_DOUBLE_EQ(curves.area, 0.75);
  EXPECT_NEAR(curves.average_precision, 0.8333333, 1e-6);
  EXPECT_THAT(curves.false_positive_rate, ElementsAre(0, 0, DoubleEq(0.5), DoubleEq(0.5), 1));
  EXPECT_THAT(curves.true_positive_rate, ElementsAre(0, DoubleEq(0.5), DoubleEq(0.5), 1, 1));
}

// The share of pairs that stand in the right order, ties counting half.
TEST(RankingCurves, TheAreaIsTheShareOfOrderedPairs) {
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    std::vector<double> scores;
    std::vector<bool> positive;
    for (int i = 0; i < 700; ++i) {
      scores.push_back(static_cast<double>(random() % 50));
      positive.push_back(random() % 3 == 0);
    }
    double pairs = 0, ordered = 0;
    for (size_t a = 0; a < scores.size(); ++a)
      for (size_t b = 0; b < scores.size(); ++b)
        if (positive[a] && !positive[b])
          ++pairs, ordered += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
    const RankingCurves curves = ranking_curves(scores, positive);
    EXPECT_NEAR(curves.area, ordered / pairs, 1e-12);
    EXPECT_LE(curves.recall.size(), 360u);
    EXPECT_DOUBLE_EQ(curves.true_positive_rate.back(), 1);
    EXPECT_TRUE(std::is_sorted(curves.recall.begin(), curves.recall.end()));
  }
}

TEST(RankingCurves, OneClassAloneHasNone) {
  EXPECT_FALSE(ranking_curves({0.1, 0.2}, {true, true}).defined());
  EXPECT_FALSE(ranking_curves({}, {}).defined());
}

}  // namespace
}  // namespace tutti
