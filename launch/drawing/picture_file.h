// Pictures as files.
#pragma once

#include <filesystem>
#include <string>

#include "core/model/model.h"
#include "launch/drawing/picture.h"

namespace tutti {

namespace drawing {

// Writes it as the path's ending says, .svg or .png. Throws for another one, and what the file
// system throws.
void write_picture(const Picture& picture, const std::filesystem::path& path);

}  // namespace drawing

struct PlotModelOptions {
  std::filesystem::path to_file = "model.png";  // or .svg
  // graph: its layers; neurons: of small dense models; blocks: of convolutional ones. Throws where
  // the model has no such drawing.
  std::string style = "graph";
};
// Draws a model that has its shapes: layers with shapes, activations and parameters.
void plot_model(const Model& model, const PlotModelOptions& options = {});

}  // namespace tutti
