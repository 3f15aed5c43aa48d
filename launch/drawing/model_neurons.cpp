#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "launch/drawing/model_drawing.h"

namespace tutti::drawing {
namespace {

constexpr size_t kMostDrawn = 12;  // circles of a column; the rest are dots between
constexpr double kStep = 34, kRadius = 10, kColumn = 130, kTop = 58;

// Numbers of one place of the chain, and the weights that lead there from the place before.
struct Column {
  size_t units = 0;
  std::string title, below;
  std::vector<float> kernel;  // (units before, units)
};

// The units that are drawn: all, or the first and last of them.
std::vector<size_t> drawn_units(size_t units) {
  std::vector<size_t> shown;
  for (size_t i = 0; i < units; ++i)
    if (units <= kMostDrawn || i < kMostDrawn / 2 || i >= units - kMostDrawn / 2)
      shown.push_back(i);
  return shown;
}

bool only_passes(const Layer& layer) {  // as many numbers as came, one beside the other
  return layer.built() && layer.weights().empty();
}

std::vector<Column> columns_of(const Model& model, bool known) {
  const auto chain = chain_of(model);
  if (!chain)
    fail("plot", "{} is no chain of layers, of which neurons are drawn; use --style graph",
         model.name());
  std::vector<Column> columns;
  const Shape& input = model.inputs()[0].shape();
  columns.push_back({static_cast<size_t>(input.elements_per_row()), "input", "", {}});
  for (const LayerCall* call : *chain) {
    const Layer& layer = *call->layer;
    const auto* dense = dynamic_cast<const DenseLayer*>(&layer);
    const Shape& output = call->outputs[0];
    if (dense && output.rank() == 2) {
      columns.push_back({static_cast<size_t>(output[-1]), layer.name(), activation_of(layer), {}});
      if (known) columns.back().kernel = layer.weights()[0]->value().to_host().to_vector<float>();
    } else if (only_passes(layer) &&
               output.elements_per_row() == static_cast<int64_t>(columns.back().units)) {
      if (!dynamic_cast<const InputLayer*>(&layer))
        columns.back().below += (columns.back().below.empty() ? "" : ", ") + kind_text(layer);
    } else {
      fail("plot", "layer '{}' ({}) is not Dense, of which neurons are drawn; use --style graph",
           layer.name(), kind_text(layer));
    }
  }
  return columns;
}

// Of circle number `i` among `shown`; a column that leaves some out has room for dots between.
Point centre_of(size_t column, size_t i, size_t shown, bool all, double middle) {
  const double slots = static_cast<double>(shown) + (all ? 0 : 1);
  const double slot = static_cast<double>(i) + (!all && i >= kMostDrawn / 2 ? 1 : 0);
  return {60 + kColumn * static_cast<double>(column), middle + (slot - (slots - 1) / 2) * kStep};
}

void draw_weights(Picture& picture, const std::vector<Column>& columns, size_t to, double middle) {
  const Column &before = columns[to - 1], &after = columns[to];
  const auto from_units = drawn_units(before.units), to_units = drawn_units(after.units);
  float largest = 0;
  for (const float weight : after.kernel) largest = std::max(largest, std::abs(weight));
  for (size_t a = 0; a < from_units.size(); ++a)
    for (size_t b = 0; b < to_units.size(); ++b) {
      const Point begin =
          centre_of(to - 1, a, from_units.size(), from_units.size() == before.units, middle);
      const Point end = centre_of(to, b, to_units.size(), to_units.size() == after.units, middle);
      Stroke stroke{{Ink::axis, 0.7}, 0.8};
      if (largest > 0) {
        const float weight = after.kernel[from_units[a] * after.units + to_units[b]];
        const double share = std::abs(weight) / largest;
        stroke = {{weight < 0 ? Ink::series_1 : Ink::series_2, 0.15 + 0.85 * share},
                  0.4 + 2.6 * share};
      }
      picture.line({begin, end}, stroke);
    }
}

void draw_units(Picture& picture, const Column& column, size_t number, double middle, bool last) {
  const auto shown = drawn_units(column.units);
  const bool all = shown.size() == column.units;
  const Ink ink = number == 0 ? Ink::soft : last ? Ink::series_3 : Ink::series_1;
  for (size_t i = 0; i < shown.size(); ++i) {
    const Point centre = centre_of(number, i, shown.size(), all, middle);
    picture.circle(centre, kRadius, Ink::paper, {ink, 2});
  }
  const double x = centre_of(number, 0, 1, true, middle).x;
  if (!all)
    for (const double dot : {-7.0, 0.0, 7.0}) picture.circle({x, middle + dot}, 2, Ink::soft);
  picture.text({x, 24}, fitted(column.title, kColumn - 10, 12, true),
               {12, Ink::text, Anchor::middle, true});
  picture.text({x, 40}, fmt::format("{}{}", column.units, column.units == 1 ? " unit" : " units"),
               {11, Ink::soft, Anchor::middle});
  picture.text({x, picture.height() - 12}, fitted(column.below, kColumn - 10, 11),
               {11, Ink::soft, Anchor::middle});
}

}  // namespace

bool drawn_as_neurons(const Model& model) {
  const auto chain = chain_of(model);
  if (!chain || model.inputs()[0].shape().elements_per_row() > 16) return false;
  size_t dense = 0;
  for (const LayerCall* call : *chain) {
    const bool is_dense = dynamic_cast<const DenseLayer*>(call->layer.get()) != nullptr;
    if (call->outputs[0].rank() != 2 || call->outputs[0].elements_per_row() > 32) return false;
    if (!is_dense && !only_passes(*call->layer)) return false;
    dense += is_dense;
  }
  return dense > 0 && dense <= 6;
}

Picture draw_neurons(const Model& model, bool known) {
  const auto columns = columns_of(model, known);
  double most = 1;
  for (const Column& column : columns) {
    const size_t shown = drawn_units(column.units).size();
    most = std::max(most, static_cast<double>(shown + (shown < column.units)));
  }
  const double height = kTop + most * kStep + 36;
  Picture picture(120 + kColumn * static_cast<double>(columns.size() - 1), height,
                  fmt::format("The neurons of {}", model.name()));
  const double middle = kTop + most * kStep / 2;
  for (size_t to = 1; to < columns.size(); ++to) draw_weights(picture, columns, to, middle);
  for (size_t i = 0; i < columns.size(); ++i)
    draw_units(picture, columns[i], i, middle, i + 1 == columns.size());
  return picture;
}

}  // namespace tutti::drawing
