// Objects as Keras 3 writes them: {module, class_name, config, registered_name}.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/config.h"

namespace tutti {

// A config that the registry wrote, every object in it in Keras's form. Throws for what Keras has
// no name for: an activation with arguments, a kind of another category.
nlohmann::ordered_json to_keras_json(const Config& config);

// What Keras wrote, with its notations for arrays, tuples and functions as plain data. Throws
// Error (data) for Python code, which is never run.
Config from_keras(Config config);

}  // namespace tutti
