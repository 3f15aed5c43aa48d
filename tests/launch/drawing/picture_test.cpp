#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <vector>

#include "launch/drawing/charts.h"
#include "launch/drawing/png.h"
#include "launch/drawing/svg.h"

namespace tutti::drawing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Picture, SvgEscapesWordsAndCarriesBothPapers) {
  Picture picture(100, 50, "a < b & \"c\"");
  picture.text({1, 2}, "<script>'\x01\xff</script>");
  const std::string svg = to_svg(picture);
  EXPECT_THAT(svg, HasSubstr("<title>a &lt; b &amp; &quot;c&quot;</title>"));
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;&#39;?&lt;/script&gt;"));
  EXPECT_THAT(svg, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(to_inline_svg(picture), Not(HasSubstr("<style>")));
}

TEST(Picture, TextThatIsNoUtf8IsMadeLegible) {
  EXPECT_EQ(legible("naïve · 漢 😀"), "naïve · 漢 😀");
  EXPECT_EQ(legible("\xc0\xaf"), "??");            // a long form of '/'
  EXPECT_EQ(legible("\xed\xa0\x80"), "???");       // half of a pair
  EXPECT_EQ(legible("\xf4\x90\x80\x80"), "????");  // beyond the last
  EXPECT_EQ(legible("a\xe6\xbc"), "a??");          // cut off
}

TEST(Picture, PngHoldsEveryElement) {
  Picture picture(60, 40, "");
  picture.rectangle({5, 5, 20, 20}, Ink::series_1, {Ink::text, 1, true}, 4);
  picture.circle({40, 20}, 8, {Ink::series_2, 0.5});
  picture.curve({{0, 0}, {10, 0}, {10, 10}, {20, 20}}, {Ink::axis});
  picture.polygon({{1, 1}, {5, 1}, {3, 4}}, Ink::series_3);
  picture.text({10, 30}, "ä\xff", {12, Ink::text, Anchor::middle, true, -90});
  picture.raster({30, 30, 8, 8}, grey_raster({0, 1, 2, 3}, 2, 2, 0, 3));
  const std::string png = to_png(picture);
  EXPECT_EQ(png.substr(1, 3), "PNG");
  const auto number = [&](size_t at) {
    return static_cast<int>(static_cast<unsigned char>(png[at + 2])) * 256 +
           static_cast<unsigned char>(png[at + 3]);
  };
  EXPECT_EQ(number(16), 120);  // twice the size
  EXPECT_EQ(number(20), 80);
  EXPECT_EQ(base64("Man"), "TWFu");
  EXPECT_EQ(base64("Ma"), "TWE=");
  EXPECT_EQ(base64("M"), "TQ==");
}

TEST(Picture, ASeriesOfInksIsNeverTooLong) {
  EXPECT_EQ(series(0), Ink::series_1);
  EXPECT_EQ(series(5), Ink::series_6);
  EXPECT_EQ(series(6), Ink::series_1);
}

TEST(Picture, LongWordsAreCut) {
  EXPECT_EQ(fitted("short", 100, 12), "short");
  const std::string cut = fitted("a word that is far too long for its place", 80, 12);
  EXPECT_TRUE(cut.ends_with("…"));
  EXPECT_LE(text_width(cut, 12), 80);
  EXPECT_EQ(fitted("ääääää", 30, 12).find('\xc3'), 0u);
}

TEST(Frame, TicksAreRound) {
  EXPECT_THAT(ticks({"", 0, 1}, 5),
              ElementsAre(0, testing::DoubleEq(0.2), testing::DoubleEq(0.4), testing::DoubleEq(0.6),
                          testing::DoubleEq(0.8), testing::DoubleEq(1.0)));
  EXPECT_THAT(ticks({"", 3, 47}, 5), ElementsAre(10, 20, 30, 40));
  EXPECT_THAT(ticks({"", 0.001, 10, true}, 6),
              ElementsAre(testing::DoubleEq(0.001), testing::DoubleEq(0.01), testing::DoubleEq(0.1),
                          testing::DoubleEq(1), testing::DoubleEq(10)));
  EXPECT_EQ(tick_text(1234567), "1.235M");
  EXPECT_EQ(tick_text(12000), "12k");
  EXPECT_EQ(tick_text(0.25), "0.25");
}

TEST(Frame, AxesHoldWhatIsFinite) {
  const Axis axis = axis_over("", {{1, std::nan("")}, {3, INFINITY}});
  EXPECT_LE(axis.low, 1);
  EXPECT_GE(axis.high, 3);
  EXPECT_TRUE(std::isfinite(axis.low) && std::isfinite(axis.high));
  EXPECT_TRUE(axis_over("", {{1e-4, 10}}, 100).logarithmic);
  const Axis one = axis_over("", {{5}});
  EXPECT_LT(one.low, one.high);
}

TEST(Frame, TicksEndOnAnyAxis) {
  const double one = std::log(2.0), next = std::nextafter(one, 1.0);  // two losses, one bit apart
  const double most = std::numeric_limits<double>::max(),
               least = std::numeric_limits<double>::denorm_min();
  for (const auto& values :
       {std::vector{one, next}, {1e17, 1e17 + 16}, {-next, -one}, {0.0, least}})
    EXPECT_LE(ticks(axis_over("", {values}), 5).size(), 6u);
  for (const auto& values : {std::vector{least, 1.0}, {1e-300, most}, {least, most}}) {
    const Axis axis = axis_over("", {values}, 100);
    EXPECT_THAT(ticks(axis, 5), testing::SizeIs(testing::AllOf(testing::Ge(2u), testing::Le(5u))));
    EXPECT_GE(place_on(axis, values[0]), 0);
    EXPECT_LE(place_on(axis, values[1]), 1);
  }
  EXPECT_LE(ticks({"", one, next}, 5).size(), 6u);
}

// Lines break where a number is not finite, and nothing leaves the field.
TEST(Frame, LinesStayInTheField) {
  Picture picture(200, 100, "");
  Frame frame(picture, {50, 10, 140, 60}, {"", 0, 4}, {"", 0, 1});
  const size_t before = picture.elements().size();
  frame.line({0, 1, 2, 3, 4}, {0.5, 5, std::nan(""), 0.2, -3}, {Ink::series_1});
  ASSERT_EQ(picture.elements().size(), before + 2);
  for (size_t i = before; i < picture.elements().size(); ++i)
    for (const Point& point : std::get<PathShape>(picture.elements()[i]).points) {
      EXPECT_GE(point.y, 10 - 1e-9);
      EXPECT_LE(point.y, 70 + 1e-9);
    }
}

TEST(Charts, OneEpochIsADotAndEmptySeriesAreDrawn) {
  Curves curves{"loss", {"epoch", 0, 2}, {"", 0, 1}, {{"loss", {1}, {0.5}}, {"none", {}, {}}}};
  EXPECT_THAT(to_svg(draw_curves(curves)), HasSubstr("<circle"));
  EXPECT_GT(draw_bars("b", {"x", "y"}, {{"rows", {}, {3, 0}}}).height(), 40);
  EXPECT_GT(draw_heat_map(
                {"h", "r", "c", {"a", "b"}, {"a", "b"}, {{1, 0}, {0, 0}}, {{"1", "0"}, {"0", "0"}}})
                .height(),
            60);
}

}  // namespace
}  // namespace tutti::drawing
