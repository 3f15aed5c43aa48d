// What Keras 2 wrote into configs, as Keras 3 writes it.
#pragma once

#include "core/base/config.h"

namespace tutti {

// batch_input_shape of an InputLayer, axes of normalizations as lists, arguments that Keras 3 has
// no more and that changed no result.
Config from_keras2(Config config);

}  // namespace tutti
