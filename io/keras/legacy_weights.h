// Weights as Keras's older files list them: for each layer the names of its weights.
#pragma once

#include <string>
#include <vector>

#include "core/model/model.h"
#include "io/formats/hdf5.h"

namespace tutti {

// A list of names, which Keras splits where it is long: "layer_names", or "layer_names0" and so on.
std::vector<std::string> listed_names(const Hdf5Object& group, const std::string& attribute);
void list_names(Hdf5Object& group, const std::string& attribute,
                const std::vector<std::string>& names);

Hdf5Object write_legacy_weights(const Model& model);
// Layer by layer in the order of the list, weight by weight in the order of theirs, as Keras reads
// them: names need not agree, counts and shapes must. Throws Error (data) naming what differs.
void read_legacy_weights(const Hdf5Object& group, const Model& model, const std::string& where);

}  // namespace tutti
