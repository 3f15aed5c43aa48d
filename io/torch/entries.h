// What the weights of a layer are in a PyTorch module: each file of this folder enters its kinds.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/layers/layer.h"

namespace tutti::torch {

// Tensors of a state_dict that some weights become, and become again.
struct Entry {
  std::vector<std::string> names;    // below the layer's: "weight"
  std::vector<VariablePtr> weights;  // by which they are decided alone
  std::function<std::vector<Tensor>(const std::vector<Tensor>& weights)> write;
  std::function<std::vector<Tensor>(const std::vector<Tensor>& tensors)> read;
};

// One tensor from one weight whose axes stand in another order.
Entry turned(const std::string& name, const VariablePtr& weight, std::vector<int> order);
Entry same(const std::string& name, const VariablePtr& weight);
// A tensor that no weight decides; it must have these elements where it is read.
Entry constant(const std::string& name, const Tensor& value, const std::string& layer);

using Entries = std::function<std::vector<Entry>(const Layer& layer)>;
bool register_entries(const std::string& kind, Entries entries);
// Throws "[layer] ..." for a kind that nobody entered.
std::vector<Entry> entries_of(const Layer& layer);

template <typename L>
bool register_entries(std::initializer_list<const char*> kinds,
                      std::vector<Entry> (*entries)(const L& layer)) {
  for (const char* kind : kinds)
    register_entries(std::string(kind), Entries([entries](const Layer& layer) {
                       return entries(static_cast<const L&>(layer));
                     }));
  return true;
}

// Throws "[layer] ..." where PyTorch's layer has what this one does not: an activation, ...
[[noreturn]] void refuse(const Layer& layer, const std::string& what);

}  // namespace tutti::torch
