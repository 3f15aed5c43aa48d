// Extents: counting, unbound rows, broadcasting, and what is refused.
#include "core/base/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/extents.h"

namespace tutti {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

TEST(Shape, CountsElements) {
  EXPECT_EQ(Shape().elements(), 1);
  EXPECT_EQ(Shape({3}).elements(), 3);
  EXPECT_EQ(Shape({2, 3, 4}).elements(), 24);
  EXPECT_EQ(Shape({2, 0, 4}).elements(), 0);
  EXPECT_EQ(Shape({2, 3, 4}).elements_per_row(), 12);
  EXPECT_EQ(Shape({kRows, 3, 4}).elements_per_row(), 12);
}

TEST(Shape, RefusesWhatNoMachineHolds) {
  const auto too_large = ThrowsMessage<Error>(HasSubstr("more than 2^40"));
  EXPECT_EQ(Shape({int64_t{1} << 20, int64_t{1} << 20}).elements(), kMaxElements);
  EXPECT_THAT([] { (void)Shape({(int64_t{1} << 40) + 1}).elements(); }, too_large);
  EXPECT_THAT([] { (void)Shape({int64_t{1} << 21, int64_t{1} << 20}).elements(); }, too_large);
  // A product that would come out as 0 in 64 bits.
  EXPECT_THAT([] { (void)Shape({int64_t{1} << 32, int64_t{1} << 32}).elements(); }, too_large);
}

TEST(Shape, ProductsOfExtentsDoNotOverflow) {
  EXPECT_EQ(extent_product({}), 1);
  EXPECT_EQ(extent_product({3, 4, 5}), 60);
  EXPECT_EQ(extent_product({kMaxElements, 1}), kMaxElements);
  EXPECT_EQ(extent_product({INT64_MAX, INT64_MAX, 0}), 0);
  for (const int64_t large : {int64_t{1} << 20, int64_t{1} << 32, INT64_MAX})
    EXPECT_EQ(extent_product({large, large, large}), kMaxElements + 1);
}

TEST(Shape, RefusesNegativeExtents) {
  const auto negative = ThrowsMessage<Error>(StartsWith("[shape] extent"));
  EXPECT_THAT([] { Shape({3, -1}); }, negative);
  EXPECT_THAT([] { Shape({-2}); }, negative);
  EXPECT_TRUE(Shape({kRows, 3}).has_rows());
}

TEST(Shape, RowsAreUnboundUntilTheyAreGiven) {
  const Shape open({kRows, 3});
  EXPECT_THAT([&] { (void)open.elements(); }, ThrowsMessage<Error>(HasSubstr("not bound")));
  EXPECT_EQ(open.with_rows(5), Shape({5, 3}));
  EXPECT_EQ(Shape({2, 3}).with_rows(5), Shape({2, 3}));
  EXPECT_FALSE(Shape().has_rows());
}

TEST(Shape, AxesCountFromBothEnds) {
  const Shape shape({4, 5, 6});
  EXPECT_EQ(shape[0], 4);
  EXPECT_EQ(shape[-1], 6);
  EXPECT_EQ(shape[-3], 4);
  EXPECT_THAT([&] { (void)shape[3]; }, ThrowsMessage<Error>(HasSubstr("axis 3")));
  EXPECT_THAT([] { normalize_axis(-3, 2, "sum"); },
              ThrowsMessage<Error>(AllOf(StartsWith("[sum]"), HasSubstr("use -2 to 1"))));
  EXPECT_THAT([] { normalize_axis(0, 0, "sum"); }, ThrowsMessage<Error>(StartsWith("[sum]")));
}

TEST(Shape, TailLosesTheFirstAxis) {
  EXPECT_EQ(Shape({4, 5, 6}).tail(), Shape({5, 6}));
  EXPECT_EQ(Shape({4}).tail(), Shape());
  EXPECT_EQ(Shape().tail(), Shape());
}

TEST(Shape, StackedGainsAFirstAxis) {
  EXPECT_EQ(Shape({5, 6}).stacked(4), Shape({4, 5, 6}));
  EXPECT_EQ(Shape().stacked(kRows), Shape({kRows}));
  EXPECT_ANY_THROW(Shape({kRows, 2}).stacked(3));
}

TEST(Shape, PrintsAsPythonDoes) {
  EXPECT_EQ(to_string(Shape()), "()");
  EXPECT_EQ(to_string(Shape({3})), "(3,)");
  EXPECT_EQ(to_string(Shape({kRows, 8})), "(None, 8)");
}

// NumPy's rule, said another way: pad with ones on the left, then each axis is the one extent that
// is not 1.
bool broadcasts(std::vector<int64_t> a, std::vector<int64_t> b, std::vector<int64_t>& out) {
  while (a.size() < b.size()) a.insert(a.begin(), 1);
  while (b.size() < a.size()) b.insert(b.begin(), 1);
  out.clear();
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != 1 && b[i] != 1 && a[i] != b[i]) return false;
    out.push_back(a[i] != 1 ? a[i] : b[i]);
  }
  return true;
}

std::vector<std::vector<int64_t>> small_shapes() {
  std::vector<std::vector<int64_t>> shapes = {{}};
  for (size_t begin = 0, rank = 1; rank <= 3; ++rank) {
    const size_t end = shapes.size();
    for (; begin < end; ++begin) {
      for (const int64_t extent : {0, 1, 2, 3}) {
        shapes.push_back(shapes[begin]);
        shapes.back().push_back(extent);
      }
    }
  }
  return shapes;
}

TEST(Shape, BroadcastsAsNumPyDoes) {
  std::vector<int64_t> expected;
  for (const auto& a : small_shapes()) {
    for (const auto& b : small_shapes()) {
      if (broadcasts(a, b, expected)) {
        EXPECT_EQ(broadcast(Shape(a), Shape(b), "add"), Shape(expected));
      } else {
        EXPECT_THROW(broadcast(Shape(a), Shape(b), "add"), Error);
      }
    }
  }
}

TEST(Shape, RowsBroadcastWithOneAndWithRows) {
  EXPECT_EQ(broadcast({kRows, 3}, {kRows, 1}, "add"), Shape({kRows, 3}));
  EXPECT_EQ(broadcast({kRows, 3}, {3}, "add"), Shape({kRows, 3}));
  EXPECT_EQ(broadcast({1, 3}, {kRows, 3}, "add"), Shape({kRows, 3}));
  EXPECT_THAT(
      [] {
        broadcast({kRows, 3}, {5, 3}, "add");
      },
      ThrowsMessage<Error>(
          AllOf(StartsWith("[add]"), HasSubstr("(None, 3)"), HasSubstr("(5, 3)"))));
}

}  // namespace
}  // namespace tutti
