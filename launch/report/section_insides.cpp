// What goes on inside a model: gradients, weights, activations, filters, feature maps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/layers/convolution.h"
#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "launch/drawing/charts.h"
#include "launch/drawing/model_drawing.h"
#include "launch/report/probe.h"
#include "launch/report/sections.h"

namespace tutti {
namespace {

using drawing::Curves;
using drawing::Series;

constexpr size_t kMostFilters = 30;

using Quantity = std::function<double(const LayerRecord&)>;

// Of layers that `wanted` names, at most as many as there are inks, spread over them.
std::vector<size_t> some_layers(const EpochRecord& epoch,
                                const std::function<bool(const LayerRecord&)>& wanted) {
  std::vector<size_t> all, some;
  for (size_t i = 0; i < epoch.layers.size(); ++i)
    if (wanted(epoch.layers[i])) all.push_back(i);
  const size_t most = drawing::kSeries;
  if (all.size() <= most) return all;
  for (size_t i = 0; i < most; ++i) some.push_back(all[i * (all.size() - 1) / (most - 1)]);
  return some;
}

void add_quantity(Page& page, const TrainingRecord& record, const std::string& name,
                  const std::string& title, const std::string& caption,
                  const std::function<bool(const LayerRecord&)>& wanted, const Quantity& quantity,
                  double spread) {
  const auto layers = some_layers(record.epochs[0], wanted);
  if (layers.empty()) return;
  Curves curves{title, {"epochs done", 0, static_cast<double>(record.epochs.back().epoch)}, {}, {}};
  curves.x.whole = true;
  std::vector<std::vector<double>> values;
  for (size_t i = 0; i < layers.size(); ++i) {
    Series series{record.epochs[0].layers[layers[i]].layer, {}, {}, drawing::series(i), i % 2 == 1};
    for (const auto& epoch : record.epochs) {
      series.x.push_back(static_cast<double>(epoch.epoch));
      series.y.push_back(quantity(epoch.layers.at(layers[i])));
    }
    values.push_back(series.y);
    curves.series.push_back(std::move(series));
  }
  curves.y = drawing::axis_over("", values, spread);
  if (spread == 0) curves.y.low = 0;
  page.figure(name, drawing::draw_curves(curves), caption);
}

void add_record(Page& page, const TrainingRecord& record) {
  if (record.epochs.size() < 2) return;
  const auto trained = [](const LayerRecord& layer) { return layer.parameters > 0; };
  const auto hidden = [](const LayerRecord& layer) {
    return !layer.last && !layer.activation.empty();
  };
  add_quantity(
      page, record, "gradient_norms", "Norm of the gradient, layer by layer",
      fmt::format("Of the loss over the same {} training rows each time. Far apart: they "
                  "vanish or explode on their way.",
                  record.rows),
      trained, [](const LayerRecord& layer) { return layer.gradient_norm; }, 20);
  add_quantity(
      page, record, "weight_norms", "Norm of the weights, layer by layer", "", trained,
      [](const LayerRecord& layer) { return layer.weight_norm; }, 50);
  add_quantity(
      page, record, "activations", "Spread of the activations (standard deviation)",
      "Of what each hidden layer gives. At zero a layer tells its rows no more apart.", hidden,
      [](const LayerRecord& layer) { return layer.deviation; }, 0);
  const auto any = [&](const Quantity& quantity) {
    for (const auto& epoch : record.epochs)
      for (const auto& layer : epoch.layers)
        if (hidden(layer) && quantity(layer) > 0) return true;
    return false;
  };
  const Quantity dead = [](const LayerRecord& layer) {
    return 100.0 * static_cast<double>(layer.dead) /
           static_cast<double>(std::max<int64_t>(layer.units, 1));
  };
  if (any(dead))
    add_quantity(page, record, "dead_units", "Dead units, in % of each layer's",
                 "They give 0 for every row looked at. A few are no harm.", hidden, dead, 0);
  const Quantity saturated = [](const LayerRecord& layer) { return 100 * layer.saturated; };
  if (any(saturated))
    add_quantity(page, record, "saturation", "Saturated values, in % of each layer's",
                 "Within a hundredth of where their activation ends.", hidden, saturated, 0);
}

// The first layer with a kernel.
std::shared_ptr<Layer> first_kernel(const Model& model) {
  for (const auto& layer : model.layers()) {
    if (const auto* inner = dynamic_cast<const Model*>(layer.get())) return first_kernel(*inner);
    if (!layer->weights().empty()) return layer;
  }
  return nullptr;
}

// Each filter as a small picture: of a convolution its window, of Dense over images the image of
// its weights.
std::vector<drawing::Tile> filter_tiles(const Layer& layer,
                                        const std::optional<ImageShape>& image) {
  const Tensor kernel = layer.weights()[0]->value().to_host();
  const auto values = kernel.to_vector<double>();
  const auto& dims = kernel.shape();
  const int64_t units = dims[-1];
  ImageShape shape;
  if (dynamic_cast<const Conv2DLayer*>(&layer))
    shape = {dims[0], dims[1], dims[2]};
  else if (dynamic_cast<const DenseLayer*>(&layer) && image)
    shape = *image;
  else
    return {};
  double limit = 0;
  for (const double value : values) limit = std::max(limit, std::abs(value));
  std::vector<drawing::Tile> tiles;
  for (int64_t unit = 0; unit < std::min<int64_t>(units, kMostFilters); ++unit) {
    std::vector<double> pixels;  // of the mean over channels
    for (int64_t at = 0; at < shape.height * shape.width; ++at) {
      double sum = 0;
      for (int64_t c = 0; c < shape.channels; ++c)
        sum += values[static_cast<size_t>((at * shape.channels + c) * units + unit)];
      pixels.push_back(sum / static_cast<double>(shape.channels));
    }
    tiles.push_back({drawing::signed_raster(pixels, static_cast<int>(shape.height),
                                            static_cast<int>(shape.width), limit),
                     "", "", false});
  }
  return tiles;
}

void add_filters(Page& page, const ReportSource& source) {
  const auto layer = first_kernel(source.model());
  if (!layer) return;
  const auto image = source.data ? image_shape(source.judged) : std::nullopt;
  const auto tiles = filter_tiles(*layer, image);
  if (tiles.empty()) return;
  page.figure("filters", drawing::draw_sheet("Filters of " + layer->name(), tiles, 40),
              "Weights of the first layer: blue where negative, orange where positive, white "
              "where zero.");
}

void add_feature_maps(Page& page, const ReportSource& source) {
  if (!source.data || source.judged.rows() == 0) return;
  const auto images = image_shape(source.judged);
  Probe probe(source.model(), RowSourcePtr(source.judged), 1);
  probe.run();
  std::vector<drawing::Tile> tiles;
  if (images)
    tiles.push_back({image_of(source.judged.inputs()[0].second, *images, 0), "input", "", false});
  for (size_t i = 0; i < probe.layers().size(); ++i) {
    const auto& layer = probe.layers()[i].layer;
    if (!dynamic_cast<const Conv2DLayer*>(layer.get())) continue;
    const Tensor output = probe.output(i);
    const auto values = output.to_vector<double>();
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const auto height = output.shape()[1], width = output.shape()[2], channels = output.shape()[3];
    for (int64_t c = 0; c < std::min<int64_t>(channels, kMostFilters); ++c) {
      std::vector<double> pixels;
      for (int64_t at = 0; at < height * width; ++at)
        pixels.push_back(values[static_cast<size_t>(at * channels + c)]);
      tiles.push_back({drawing::grey_raster(pixels, static_cast<int>(height),
                                            static_cast<int>(width), *low, *high),
                       "", "", false});
    }
    page.figure("feature_maps", drawing::draw_sheet("Feature maps of " + layer->name(), tiles, 40),
                fmt::format("What each filter answers to the first of the {} rows: the brighter, "
                            "the more.",
                            source.judged_name));
    return;
  }
}

}  // namespace

void add_insides(Page& page, const ReportSource& source) {
  page.section("Inside the model");
  add_record(page, source.record);
  add_filters(page, source);
  add_feature_maps(page, source);
}

}  // namespace tutti
