// Models as pictures: the graph of any model, the neurons of small dense ones, the blocks of
// convolutional ones.
#pragma once

#include <optional>
#include <string>

#include "core/model/model.h"
#include "launch/drawing/picture.h"

namespace tutti::drawing {

// Every call of a layer with its kind, activation, output shape and number of parameters, marked
// where they are trained; inner models as frames around theirs. The model has a graph.
Picture draw_model_graph(const Model& model);

// A circle for each number and unit, a line for each weight: thick where it is large, blue where
// it is negative, orange where positive; plain lines if the weights are not `known`. Throws,
// naming the layer, for a model that is no chain of Dense layers.
Picture draw_neurons(const Model& model, bool known);
bool drawn_as_neurons(const Model& model);  // such a chain, small enough to be read

// A box in perspective for each output of image shape, as high and deep as that is and as wide as
// it has channels, and a bar for each flat one. Throws for a model that is no chain.
Picture draw_blocks(const Model& model);
bool drawn_as_blocks(const Model& model);

Picture draw_model(const Model& model, const std::string& style,
                   bool known);  // graph, neurons, blocks

// --- what the drawings say of a layer ---------------------------------------------------------
std::string kind_text(const Layer& layer);      // "Dense", "Functional"
std::string activation_of(const Layer& layer);  // "relu"; "" for none or linear
std::string count_text(int64_t number);         // "1,234,567"
std::string size_text(const Shape& shape);      // "28 × 28 × 1", without the rows
// The calls of a model in which each layer feeds the next alone, or nothing.
std::optional<std::vector<const LayerCall*>> chain_of(const Model& model);

}  // namespace tutti::drawing
