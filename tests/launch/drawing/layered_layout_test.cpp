#include "launch/drawing/layered_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tutti::drawing {
namespace {

bool overlap(const Box& a, const Box& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

Point on_curve(const std::vector<Point>& curve, size_t piece, double t) {
  const Point *p = &curve[piece * 3], u{1 - t, t};
  const auto mix = [&](double Point::*c) {
    return u.x * u.x * u.x * p[0].*c + 3 * u.x * u.x * t * p[1].*c + 3 * u.x * t * t * p[2].*c +
           t * t * t * p[3].*c;
  };
  return {mix(&Point::x), mix(&Point::y)};
}

// Nodes apart, each below those that feed it, edges from bottom to top and past all other nodes.
void expect_readable(const std::vector<LayoutNode>& nodes, const std::vector<LayoutEdge>& edges) {
  const Layout layout = lay_out(nodes, edges);
  ASSERT_EQ(layout.nodes.size(), nodes.size());
  ASSERT_EQ(layout.edges.size(), edges.size());
  for (size_t a = 0; a < nodes.size(); ++a) {
    const Box& box = layout.nodes[a];
    EXPECT_GE(box.x, -1e-6);
    EXPECT_GE(box.y, -1e-6);
    EXPECT_LE(box.right(), layout.width + 1e-6);
    EXPECT_LE(box.bottom(), layout.height + 1e-6);
    for (size_t b = 0; b < a; ++b)
      EXPECT_FALSE(overlap(box, layout.nodes[b])) << "nodes " << a << " and " << b;
  }
  for (size_t e = 0; e < edges.size(); ++e) {
    const auto& curve = layout.edges[e];
    ASSERT_EQ(curve.size() % 3, 1u);
    EXPECT_DOUBLE_EQ(curve.front().y, layout.nodes[edges[e].from].bottom());
    EXPECT_DOUBLE_EQ(curve.back().y, layout.nodes[edges[e].to].y);
    EXPECT_LT(curve.front().y, curve.back().y);
    for (size_t piece = 0; 3 * piece + 3 < curve.size(); ++piece)
      for (double t = 0; t <= 1; t += 0.05)
        for (size_t n = 0; n < nodes.size(); ++n) {
          if (n == edges[e].from || n == edges[e].to) continue;
          const Box& box = layout.nodes[n];
          const Point at = on_curve(curve, piece, t);
          EXPECT_FALSE(at.x > box.x && at.x < box.right() && at.y > box.y && at.y < box.bottom())
              << "edge " << e << " through node " << n;
        }
  }
}

TEST(LayeredLayout, AChainIsAColumn) {
  const std::vector<LayoutNode> nodes(5, {100, 40});
  const std::vector<LayoutEdge> edges = {{0, 1}, {1, 2}, {2, 3}, {3, 4}};
  expect_readable(nodes, edges);
  const Layout layout = lay_out(nodes, edges);
  EXPECT_DOUBLE_EQ(layout.width, 100);
  for (const Box& box : layout.nodes) EXPECT_NEAR(box.x, 0, 1e-9);
}

TEST(LayeredLayout, BranchesStandBesideEachOtherAndSkipsPassThem) {
  expect_readable({{100, 40}, {120, 60}, {80, 40}, {200, 40}, {90, 40}},
                  {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 4}, {3, 4}});
}

TEST(LayeredLayout, AnyGraphIsReadable) {
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    const size_t count = 2 + random() % 25;
    std::vector<LayoutNode> nodes;
    for (size_t i = 0; i < count; ++i)
      nodes.push_back({40.0 + random() % 200, 30.0 + random() % 50});
    std::vector<LayoutEdge> edges;
    for (size_t to = 1; to < count; ++to)
      for (size_t from = 0; from < to; ++from)
        if (random() % 5 == 0) edges.push_back({from, to});
    SCOPED_TRACE(round);
    expect_readable(nodes, edges);
  }
}

TEST(LayeredLayout, NothingIsNothing) { EXPECT_EQ(lay_out({}, {}).nodes.size(), 0u); }

}  // namespace
}  // namespace tutti::drawing
