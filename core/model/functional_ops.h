// Ops between the layers of a functional model, as Keras writes them: Add of `x + y`, in the module
// keras.src.ops.
#pragma once

#include <functional>
#include <optional>

#include "core/base/config.h"
#include "core/graph/value.h"

namespace tutti {

// Whether an item of a model's layers is no layer. Legacy files name no module: an op's config says
// neither what is trainable nor a dtype.
bool is_keras_op(const Config& item);

// The layer that does in all these calls what the op does, if there is one, as Add on two tensors
// of one shape does: a layer can be written again.
std::optional<Config> layer_of_keras_op(const Config& item, const Config& calls);

// The op on what a call takes: tensors, which `find` gives, and numbers. None if a tensor is not
// there yet. Throws naming an op that is not known, and what is known.
std::optional<Value> call_keras_op(const Config& item, const Config& call,
                                   const std::function<std::optional<Value>(const Config&)>& find);

}  // namespace tutti
