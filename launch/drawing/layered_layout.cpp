#include "launch/drawing/layered_layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tutti::drawing {
namespace {

constexpr double kRowGap = 34, kColumnGap = 28, kLane = 10;
constexpr int kSweeps = 12;

// A node, or a place where a long edge passes a row.
struct Spot {
  size_t row = 0;
  double width = 0, height = 0, x = 0;  // x: of the centre
  bool lane = false;
  std::vector<size_t> above = {}, below = {};
};

double weight_of(const Spot& spot) { return spot.lane ? 4 : 1; }  // long edges are straight

class Layered {
 public:
  Layered(const std::vector<LayoutNode>& nodes, const std::vector<LayoutEdge>& edges) {
    for (const LayoutNode& node : nodes) spots_.push_back({0, node.width, node.height, 0, false});
    choose_rows(edges);
    for (const LayoutEdge& edge : edges) thread(edge);
    for (size_t i = 0; i < spots_.size(); ++i) {
      rows_.resize(std::max(rows_.size(), spots_[i].row + 1));
      rows_[spots_[i].row].push_back(i);
    }
    for (int sweep = 0; sweep < kSweeps; ++sweep) order(sweep % 2 == 0);
    for (auto& row : rows_) place(row, std::vector<double>(row.size(), 0.0));
    for (int sweep = 0; sweep < kSweeps; ++sweep) align(sweep % 2 == 0);
  }

  Layout result(size_t nodes) const {
    Layout layout;
    double left = spots_[0].x, right = left;
    for (const Spot& spot : spots_) {
      left = std::min(left, spot.x - spot.width / 2);
      right = std::max(right, spot.x + spot.width / 2);
    }
    layout.width = right - left;
    std::vector<double> tops, heights;
    for (const auto& row : rows_) {
      double height = 0;
      for (const size_t i : row) height = std::max(height, spots_[i].height);
      tops.push_back(layout.height);
      heights.push_back(height);
      layout.height += height + kRowGap;
    }
    layout.height -= kRowGap;
    for (size_t i = 0; i < nodes; ++i) {
      const Spot& spot = spots_[i];
      const double spare = heights[spot.row] - spot.height;
      layout.nodes.push_back(
          {spot.x - spot.width / 2 - left, tops[spot.row] + spare / 2, spot.width, spot.height});
    }
    for (const auto& path : paths_) {
      std::vector<Point> curve;
      for (const size_t i : path) {
        const Spot& spot = spots_[i];
        const double x = spot.x - left, top = tops[spot.row], bottom = top + heights[spot.row];
        const bool first = i == path.front(), last = i == path.back();
        // Straight to the end of the row, which may be higher than the node: neighbours stand
        // there.
        const double spare = (heights[spot.row] - spot.height) / 2;
        if (!first) append(curve, {x, top});
        if (last && spare > 0) append(curve, {x, top + spare});
        if (first && spare > 0) append(curve, {x, bottom - spare});
        if (!last) append(curve, {x, bottom});
      }
      layout.edges.push_back(std::move(curve));
    }
    return layout;
  }

 private:
  static void append(std::vector<Point>& curve, Point end) {
    if (!curve.empty()) {
      const double middle = (curve.back().y + end.y) / 2;
      curve.push_back({curve.back().x, middle});
      curve.push_back({end.x, middle});
    }
    curve.push_back(end);
  }

  void choose_rows(const std::vector<LayoutEdge>& edges) {
    auto sorted = edges;
    std::sort(sorted.begin(), sorted.end(), [](auto& a, auto& b) { return a.from < b.from; });
    for (const LayoutEdge& edge : sorted)
      spots_[edge.to].row = std::max(spots_[edge.to].row, spots_[edge.from].row + 1);
    // What nothing feeds stands right above what it feeds.
    std::vector<size_t> least(spots_.size(), SIZE_MAX);
    std::vector<bool> fed(spots_.size(), false);
    for (const LayoutEdge& edge : edges) {
      fed[edge.to] = true;
      least[edge.from] = std::min(least[edge.from], spots_[edge.to].row);
    }
    for (size_t i = 0; i < spots_.size(); ++i)
      if (!fed[i] && least[i] != SIZE_MAX) spots_[i].row = least[i] - 1;
  }

  void thread(const LayoutEdge& edge) {
    std::vector<size_t> path{edge.from};
    for (size_t row = spots_[edge.from].row + 1; row < spots_[edge.to].row; ++row) {
      path.push_back(spots_.size());
      spots_.push_back({row, kLane, 0, 0, true});
    }
    path.push_back(edge.to);
    for (size_t i = 0; i + 1 < path.size(); ++i) {
      spots_[path[i]].below.push_back(path[i + 1]);
      spots_[path[i + 1]].above.push_back(path[i]);
    }
    paths_.push_back(std::move(path));
  }

  // Sorts each row by where its neighbours of the row before stand.
  void order(bool down) {
    std::vector<double> place(spots_.size());
    const auto number = [&](const std::vector<size_t>& row) {
      for (size_t i = 0; i < row.size(); ++i)
        place[row[i]] = (static_cast<double>(i) + 0.5) / static_cast<double>(row.size());
    };
    for (const auto& row : rows_) number(row);
    for (size_t step = 1; step < rows_.size(); ++step) {
      auto& row = rows_[down ? step : rows_.size() - 1 - step];
      std::vector<double> wanted = place;
      for (const size_t i : row) {
        const auto& near = down ? spots_[i].above : spots_[i].below;
        if (near.empty()) continue;
        wanted[i] = 0;
        for (const size_t other : near) wanted[i] += place[other];
        wanted[i] /= static_cast<double>(near.size());
      }
      std::stable_sort(row.begin(), row.end(),
                       [&](size_t a, size_t b) { return wanted[a] < wanted[b]; });
      number(row);
    }
  }

  void align(bool down) {
    for (size_t step = 0; step < rows_.size(); ++step) {
      const auto& row = rows_[down ? step : rows_.size() - 1 - step];
      std::vector<double> wanted;
      for (const size_t i : row) {
        const auto& near = down ? spots_[i].above : spots_[i].below;
        double sum = 0, weights = 0;
        for (const size_t other : near) {
          sum += weight_of(spots_[other]) * spots_[other].x;
          weights += weight_of(spots_[other]);
        }
        wanted.push_back(near.empty() ? spots_[i].x : sum / weights);
      }
      place(row, wanted);
    }
  }

  // The places nearest to those wanted, in squares, that keep order and distances: without the
  // distances that is isotonic regression, by pooling neighbours that stand in each other's way.
  void place(const std::vector<size_t>& row, const std::vector<double>& wanted) {
    struct Pool {
      double sum, weight;
      size_t count;
    };
    std::vector<Pool> pools;
    std::vector<double> offsets;
    for (size_t i = 0; i < row.size(); ++i) {
      const Spot& spot = spots_[row[i]];
      offsets.push_back(
          i == 0 ? 0 : offsets.back() + kColumnGap + (spots_[row[i - 1]].width + spot.width) / 2);
      const double weight = weight_of(spot);
      pools.push_back({weight * (wanted[i] - offsets[i]), weight, 1});
      while (pools.size() > 1 && pools[pools.size() - 2].sum / pools[pools.size() - 2].weight >=
                                     pools.back().sum / pools.back().weight) {
        const Pool last = pools.back();
        pools.pop_back();
        pools.back().sum += last.sum;
        pools.back().weight += last.weight;
        pools.back().count += last.count;
      }
    }
    size_t i = 0;
    for (const Pool& pool : pools)
      for (size_t k = 0; k < pool.count; ++k, ++i)
        spots_[row[i]].x = pool.sum / pool.weight + offsets[i];
  }

  std::vector<Spot> spots_;
  std::vector<std::vector<size_t>> rows_, paths_;
};

}  // namespace

Layout lay_out(const std::vector<LayoutNode>& nodes, const std::vector<LayoutEdge>& edges) {
  if (nodes.empty()) return {};
  return Layered(nodes, edges).result(nodes.size());
}

}  // namespace tutti::drawing
