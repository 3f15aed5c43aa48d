// Layers of a model that learn from data before training, and what a model knows besides weights.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/layers/adaptation.h"
#include "core/layers/layer.h"
#include "core/model/row_source.h"

namespace tutti {

class Model;

// For an Adaptation: values computed for all rows, from placeholders named after their columns (or
// the only one). The same on every rank.
Adaptation::RowsOf rows_for_adaptation(RowSourcePtr rows);

// Assets of all layers that have some, by the layers' names below the model: "tower/lookup".
std::map<std::string, LayerAssets> model_assets(const Model& model);
std::vector<std::string> layer_paths(const Model& model);  // of all layers
void load_model_assets(Model& model, const std::map<std::string, LayerAssets>& assets);

}  // namespace tutti
