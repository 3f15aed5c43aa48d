// What compile() was given, as Keras writes it into files: {optimizer, loss, loss_weights, metrics,
// weighted_metrics}.
#pragma once

#include "core/base/config.h"
#include "core/model/compile.h"

namespace tutti {

// Throws for what is a C++ function, which has no config.
Config compile_config(const CompileOptions& options);
CompileOptions read_compile_config(const Config& config);

}  // namespace tutti
