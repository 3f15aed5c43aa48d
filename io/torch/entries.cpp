#include "io/torch/entries.h"

#include <cstring>
#include <map>

#include "core/base/error.h"
#include "core/ops/transpose.h"

namespace tutti::torch {
namespace {

std::map<std::string, Entries>& known() {
  static std::map<std::string, Entries> all;
  return all;
}

}  // namespace

Entry turned(const std::string& name, const VariablePtr& weight, std::vector<int> order) {
  std::vector<int> back(order.size());
  for (size_t i = 0; i < order.size(); ++i)
    back[static_cast<size_t>(order[i])] = static_cast<int>(i);
  const auto turn = [](std::vector<int> axes) {
    return [axes = std::move(axes)](const std::vector<Tensor>& in) {
      return std::vector{transpose(in.at(0), axes)};
    };
  };
  return {{name}, {weight}, turn(std::move(order)), turn(std::move(back))};
}

Entry same(const std::string& name, const VariablePtr& weight) {
  const auto keep = [](const std::vector<Tensor>& in) { return in; };
  return {{name}, {weight}, keep, keep};
}

Entry constant(const std::string& name, const Tensor& value, const std::string& layer) {
  const auto write = [value](const std::vector<Tensor>&) { return std::vector{value}; };
  const auto read = [=](const std::vector<Tensor>& in) {
    if (std::memcmp(in.at(0).raw(), value.raw(), value.bytes()) != 0)
      fail(ExitCode::data, layer, "has no weight for '{}', which is not {} everywhere", name,
           value.to(DType::f64).to_vector<double>().at(0));
    return std::vector<Tensor>{};
  };
  return {{name}, {}, write, read};
}

bool register_entries(const std::string& kind, Entries entries) {
  return known().emplace(kind, std::move(entries)).second;
}

std::vector<Entry> entries_of(const Layer& layer) {
  if (layer.quantization())
    refuse(layer,
           "is quantized, which PyTorch keeps in other forms; write the model before quantize()");
  const auto found = known().find(layer.class_name());
  if (found == known().end())
    refuse(layer, fmt::format("is a {}, which has no counterpart with weights in PyTorch; write "
                              "the model with layout keras, or as .onnx",
                              layer.class_name()));
  return found->second(layer);
}

void refuse(const Layer& layer, const std::string& what) {
  throw Error(fmt::format("[{}] {}", layer.name(), what), ExitCode::missing);
}

}  // namespace tutti::torch
