// What reading `.keras` and `.h5` share.
#pragma once

#include <memory>
#include <string>

#include "core/base/config.h"
#include "core/model/model.h"

namespace tutti {

// Throws for a class of the program, whose call() no config describes.
void refuse_subclass(const Model& model, const std::string& path);

// The model that a file's config describes. Throws Error (data) naming the file.
std::shared_ptr<Model> saved_model(const Config& config, const std::string& path);

// Compiles it with what a file says of that; false, with a warning where the file says something
// that is not known here (a function of a program), if it stays as it is.
bool compile_as_saved(Model& model, const Config* compiled);

}  // namespace tutti
