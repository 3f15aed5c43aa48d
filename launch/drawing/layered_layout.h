// Places for the nodes of a graph without circles: in rows, each below those that feed it, without
// overlaps, with few crossings (Sugiyama, Tagawa and Toda, 1981).
#pragma once

#include <vector>

#include "launch/drawing/picture.h"

namespace tutti::drawing {

struct LayoutNode {
  double width = 0, height = 0;
};
struct LayoutEdge {
  size_t from = 0, to = 0;  // from < to
};
struct Layout {
  std::vector<Box> nodes;
  // Of each edge a curve from the bottom of its first node to the top of its last, past all others:
  // a begin, then groups of (handle, handle, end).
  std::vector<std::vector<Point>> edges;
  double width = 0, height = 0;
};

// Nodes in topological order.
Layout lay_out(const std::vector<LayoutNode>& nodes, const std::vector<LayoutEdge>& edges);

}  // namespace tutti::drawing
