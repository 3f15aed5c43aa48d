// A model's summary, as Keras 3 prints it on a terminal of so many columns.
#pragma once

#include <iosfwd>

#include "core/model/model.h"

namespace tutti {

// Layers, output shapes and parameters; what each is connected to, unless the layers form a chain.
// Ops between layers are not listed. Throws if `columns` leaves no room for the table (below 18).
void write_summary(std::ostream& out, const Model& model, int columns);

}  // namespace tutti
