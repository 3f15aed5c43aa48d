#include "launch/drawing/study_charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "launch/drawing/charts.h"
#include "launch/drawing/svg.h"

namespace tutti::drawing {
namespace {

using testing::HasSubstr;
using testing::Not;

template <typename Shape>
std::vector<Shape> shapes_of(const Picture& picture) {
  std::vector<Shape> shapes;
  for (const auto& element : picture.elements())
    if (const auto* shape = std::get_if<Shape>(&element)) shapes.push_back(*shape);
  return shapes;
}

std::vector<std::string> texts_of(const Picture& picture) {
  std::vector<std::string> texts;
  for (const auto& shape : shapes_of<TextShape>(picture)) texts.push_back(shape.text);
  return texts;
}

TEST(StudyCharts, ParallelLinesGoThroughTheirValues) {
  const std::vector<Axis> axes{
      {"loss", 0, 1}, {"rate", 0.01, 1, true}, {"kind", -0.5, 1.5, false, false, {"one", "two"}}};
  const double none = std::nan("");
  const Picture picture =
      draw_parallel("all", axes, {{{0, 0.1, 1}}, {{1, 1, 0}}, {{0.5, none, 0}}});
  const auto lines = shapes_of<PathShape>(picture);
  const auto& low = lines.at(0).points;
  const auto& high = lines.at(1).points;
  ASSERT_EQ(low.size(), 3u);
  EXPECT_LT(low[0].x, low[1].x);
  const double bottom = low[0].y, top = high[0].y;
  EXPECT_EQ(high[1].y, top);
  EXPECT_NEAR(low[1].y, (bottom + top) / 2, 1e-9);  // in the logarithm
  EXPECT_NEAR(low[2].y, top + (bottom - top) / 4, 1e-9);
  EXPECT_GT(lines.at(2).points[1].y, bottom);
  EXPECT_THAT(texts_of(picture), testing::IsSupersetOf({"not there", "one", "two", "rate"}));
  EXPECT_THAT(texts_of(draw_parallel("all", axes, {{{0, 0.1, 1}}})),
              Not(testing::Contains("not there")));
}

// Pixels from the left, and from the bottom, of the first raster.
int darkness(const Picture& picture, double x, double y) {
  const auto rasters = shapes_of<RasterShape>(picture);
  Raster raster = rasters.at(0).raster;
  const Rgb pixel =
      raster.at(static_cast<int>(x * raster.width), static_cast<int>((1 - y) * raster.height));
  return 765 - pixel.red - pixel.green - pixel.blue;
}

TEST(StudyCharts, AFieldIsDarkWhereItIsGood) {
  Field field{"loss", {"x", 0, 1}, {"y", 1, 100, true}, {}, {}, {}};
  for (int i = 0; i < 9; ++i)
    for (int j = 0; j < 9; ++j) {
      field.at_x.push_back(i / 8.0), field.at_y.push_back(std::pow(10, j / 4.0));
      field.values.push_back(std::abs(i - 6) + std::abs(j - 6));
    }
  const Picture picture = draw_field(field);
  EXPECT_GT(darkness(picture, 0.75, 0.75), darkness(picture, 0.4, 0.4));
  EXPECT_GT(darkness(picture, 0.4, 0.4), darkness(picture, 0.05, 0.05));
  field.less_is_better = false;
  EXPECT_LT(darkness(draw_field(field), 0.75, 0.75), darkness(draw_field(field), 0.05, 0.05));
  EXPECT_THAT(texts_of(picture), testing::IsSupersetOf({"0", "12"}));  // the best and the worst
}

TEST(StudyCharts, ChoicesDoNotMixInAField) {
  Field field{"loss", {"x", 0, 1}, {"kind", -0.5, 1.5, false, false, {"bad", "good"}}, {}, {}, {}};
  for (int i = 0; i < 10; ++i) {
    field.at_x.push_back(i / 9.0), field.at_y.push_back(i % 2);
    field.values.push_back(i % 2 ? 0.01 * i : 10 + i);
  }
  const Picture picture = draw_field(field);
  for (const double x : {0.1, 0.5, 0.9})
    EXPECT_GT(darkness(picture, x, 0.51), darkness(picture, x, 0.49) + 100) << x;
}

TEST(StudyCharts, SpansLieWhereTheirTimesAre) {
  const Picture picture = draw_spans("time", {"minutes", 0, 10},
                                     {{0, 0, 5, Ink::series_1, "long"},
                                      {1, 5, 10, Ink::series_2, ""},
                                      {1, 2, 2.01, Ink::series_1, "short"}},
                                     {{"complete", Ink::series_1}});
  const auto bars = shapes_of<RectangleShape>(picture);  // the first is the legend's
  ASSERT_EQ(bars.size(), 4u);
  EXPECT_NEAR(bars[1].box.width, bars[2].box.width, 1e-9);
  EXPECT_NEAR(bars[1].box.right() + 1, bars[2].box.x, 1e-9);
  EXPECT_GT(bars[2].box.y, bars[1].box.bottom());
  EXPECT_GT(bars[3].box.width, 1);  // seen, however short
  EXPECT_THAT(texts_of(picture), testing::IsSupersetOf({"long", "complete", "minutes"}));
  EXPECT_THAT(texts_of(picture), Not(testing::Contains("short")));
}

TEST(StudyCharts, AnAxisOfChoicesSaysThem) {
  Curves curves{"by kind", {"kind", -0.5, 1.5, false, false, {"relu", "<tanh>"}}, {"", 0, 1}, {}};
  curves.series.push_back({"trials", {0, 1}, {0.5, 0.6}});
  curves.series[0].joined = false;
  const Picture picture = draw_curves(curves);
  EXPECT_THAT(texts_of(picture), testing::IsSupersetOf({"relu", "<tanh>"}));
  EXPECT_THAT(to_svg(picture), HasSubstr("&lt;tanh&gt;"));
  EXPECT_EQ(shapes_of<CircleShape>(picture).size(), 3u);  // the points, and the legend's
}

TEST(StudyCharts, AWholeAxisHasNoFractions) {
  Axis axis{"layers", 0.96, 2.04};
  EXPECT_GT(tick_texts(axis, 6).size(), 2u);
  axis.whole = true;
  EXPECT_THAT(tick_texts(axis, 6),
              testing::ElementsAre(testing::Pair(1.0, "1"), testing::Pair(2.0, "2")));
}

}  // namespace
}  // namespace tutti::drawing
