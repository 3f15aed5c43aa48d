// Weights in Keras's files: `.weights.h5` and the one inside `.keras`, laid out as the model is
// ("layers/dense/vars/0"), and Keras 2's lists of names.
#pragma once

#include <map>
#include <string>

#include "core/model/model.h"
#include "io/formats/hdf5.h"

namespace tutti {

// Whether files hold the state of a compiled model's optimizer; warns where they do not.
bool saves_optimizer(const Model& model);
Hdf5Object write_keras_weights(const Model& model);
// Every weight of the model must be there in its shape, and every weight there must be of the
// model; seeds of generators and the optimizer's state are left. Throws Error (data) naming it.
void read_keras_weights(const Hdf5Object& root, const Model& model, const std::string& where);
// The named arrays below a layer's folder, which are no weights: parts of its assets.
std::map<std::string, Tensor> read_keras_arrays(const Hdf5Object& root, const std::string& folder);
// Of a compiled model: builds its optimizer as the file has it; nothing if the file has none.
void read_keras_optimizer(const Hdf5Object& root, const Model& model, const std::string& where);

}  // namespace tutti
