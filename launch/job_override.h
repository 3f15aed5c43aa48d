// `--set PATH=VALUE`: one value of a job put in place of what the file says.
//
//   fit.epochs=20                       a key of the frame; one that the file leaves out is added
//   optimizer.learning_rate=0.01        the kind's name may be left out
//   model.0.units=64  model.hidden.units=64  callbacks.EarlyStopping.patience=5
//                                       an item of a list: its index, its `name`, the name it will
//                                       be given ("dense_1"), or its kind if there is one of that
//                                       kind
#pragma once

#include <string>
#include <string_view>

#include "core/base/config.h"

namespace tutti {

// The value is YAML and carries the place "--set PATH". Throws Error (usage) for text without '=',
// and for a path that leads through something that has no parts.
void apply_override(Config& job, std::string_view assignment);

// What a path names in a job, made where it is missing. `place`: where the path was written; errors
// name it and are the job's, as a file may say the path too.
Config& node_in_job(Config& job, std::string_view path, const std::string& place);

}  // namespace tutti
