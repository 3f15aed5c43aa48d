#include "launch/drawing/picture_file.h"

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "launch/drawing/model_drawing.h"
#include "launch/drawing/png.h"
#include "launch/drawing/svg.h"

namespace tutti {

void drawing::write_picture(const Picture& picture, const std::filesystem::path& path) {
  const bool png = path.extension() == ".png";
  if (!png && path.extension() != ".svg")
    fail(ExitCode::usage, "picture", "'{}' ends in neither .svg nor .png; use one of them",
         path.string());
  FileSystem::current().write_atomically(path, png ? to_png(picture) : to_svg(picture));
}

void plot_model(const Model& model, const PlotModelOptions& options) {
  drawing::write_picture(drawing::draw_model(model, options.style, true), options.to_file);
}

}  // namespace tutti
