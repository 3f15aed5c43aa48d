#include "launch/drawing/explanation_charts.h"

#include <gmock/gmock.h>

#include <cmath>

#include "launch/drawing/svg.h"

namespace tutti::drawing {
namespace {

using testing::HasSubstr;

Explanation risk() {
  Explanation told{1, 0.30, 0.62, {}};
  told.contributions = {{3, "late_payments > 1", 0.25},
                        {0, "age <= 29", 0.17},
                        {1, "income > 60", -0.12},
                        {7, "utilization", 0.03},
                        {9, "rent <with> \"quotes\"", -0.01}};
  return told;
}

std::vector<RectangleShape> bars_of(const Picture& picture) {
  std::vector<RectangleShape> bars;
  for (const auto& element : picture.elements())
    if (const auto* bar = std::get_if<RectangleShape>(&element)) bars.push_back(*bar);
  return bars;
}

TEST(ExplanationCharts, BarsAreAsLongAsTheirWeights) {
  const auto bars = bars_of(draw_contributions(risk(), "row 7"));
  ASSERT_EQ(bars.size(), 5u);
  EXPECT_NEAR(bars[1].box.width / bars[0].box.width, 0.17 / 0.25, 1e-6);
  EXPECT_NEAR(bars[2].box.right(), bars[0].box.x, 1e-6);  // lowering ones end where others begin
  EXPECT_EQ(bars_of(draw_contributions(risk(), "row 7", 2)).size(), 2u);
}

TEST(ExplanationCharts, AWaterfallEndsAtThePrediction) {
  const auto bars = bars_of(draw_waterfall(risk(), "row 7", 3));
  ASSERT_EQ(bars.size(), 4u);                    // three, and the others together
  const double unit = bars[3].box.width / 0.25;  // pixels of one
  const double base = bars[0].box.x, prediction = bars[3].box.right();
  EXPECT_NEAR(prediction - base, 0.32 * unit, 0.5);
}

TEST(ExplanationCharts, ForcesMeetAtThePrediction) {
  const auto bars = bars_of(draw_force(risk(), "row 7"));
  ASSERT_EQ(bars.size(), 5u);
  EXPECT_NEAR(bars[0].box.right() + 1, bars[2].box.x, 1e-6);  // the largest of each side
}

TEST(ExplanationCharts, WordsAreEscapedAndNothingIsNoPicture) {
  EXPECT_THAT(to_svg(draw_contributions(risk(), "row <7>")), HasSubstr("row &lt;7&gt;"));
  for (const auto& picture :
       {draw_contributions({}, ""), draw_waterfall({}, ""), draw_force({}, "")}) {
    EXPECT_GT(picture.height(), 0);
    EXPECT_THAT(to_svg(picture), testing::Not(HasSubstr("nan")));
  }
}

}  // namespace
}  // namespace tutti::drawing
