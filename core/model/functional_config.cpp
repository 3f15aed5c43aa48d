#include "core/model/functional_config.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/cast.h"

namespace tutti {
namespace {

using FindTensor = std::function<std::optional<Value>(const Config&)>;

// The tensors in an argument, in order; false if one is not there yet.
bool collect(const Config& argument, const Layer& layer, const FindTensor& find,
             std::vector<Value>& values) {
  if (argument.is_null()) return true;
  if (is_keras_tensor(argument)) {
    const auto value = find(argument);
    if (value) values.push_back(*value);
    return value.has_value();
  }
  if (!argument.is_list())
    fail(argument.where_or(layer.name()), "'{}' is called on {}, which is no layer's output",
         layer.name(), to_string(argument));
  return std::ranges::all_of(
      argument.as_list(), [&](const Config& item) { return collect(item, layer, find, values); });
}

// Inputs by the names that Keras's call has for them.
class NamedInputs {
 public:
  explicit NamedInputs(const Layer& layer)
      : layer_(layer), names_(layer.call_names()), values_(names_.size()) {}

  bool named() const { return !names_.empty(); }
  size_t place_of(const std::string& name) const {
    return static_cast<size_t>(std::ranges::find_if(names_,
                                                    [&](const std::string& known) {
                                                      return known == name ||
                                                             (known.ends_with('*') &&
                                                              known.starts_with(name + "*"));
                                                    }) -
                               names_.begin());
  }
  bool has(const std::string& name) const { return place_of(name) < names_.size(); }
  std::vector<Value>& at(size_t place, const Config& argument) {
    if (place >= values_.size() || (place > 2 && !names_[place].ends_with('*')))
      fail(argument.where_or(layer_.name()),
           "'{}' is called with argument number {}, which is not known here", layer_.name(),
           place + 1);
    return values_[place];
  }
  std::vector<Value>& at(const std::string& name) { return values_[place_of(name)]; }

  // One that is left out before others is that before it: a key is the value.
  std::vector<Value> in_order() const {
    std::vector<Value> inputs;
    size_t last = values_.size();
    while (last > 0 && values_[last - 1].empty()) --last;
    for (size_t i = 0; i < last; ++i) {
      if (values_[i].empty() && inputs.empty())
        fail(layer_.name(), "is called without its argument '{}'", names_[i]);
      if (values_[i].empty())
        inputs.push_back(inputs.back());
      else
        inputs.insert(inputs.end(), values_[i].begin(), values_[i].end());
    }
    return inputs;
  }

 private:
  const Layer& layer_;
  std::vector<std::string> names_;
  std::vector<std::vector<Value>> values_;
};

// Of a call's `training`: Keras writes true where that is a layer's default, and its functional
// models pass their own phase over it.
std::optional<bool> fixed_phase(const Config& argument) {
  const bool training = argument.is_bool() ? argument.as_bool() : argument.as_int() != 0;
  return training ? std::nullopt : std::optional(false);
}

bool is_call_argument(const KindInfo* kind, const std::string& name) {
  return kind && std::ranges::any_of(kind->arguments, [&](const ArgumentInfo& argument) {
           return argument.of_call && argument.name == name;
         });
}

// Keras 2: [[layer, call, output, kwargs], ...].
std::optional<ReadCall> read_list_call(const Config& call, const Layer& layer,
                                       const FindTensor& find) {
  ReadCall read;
  const auto& list = call.as_list();
  const bool single = !list.empty() && list[0].is_string();
  for (const auto& item : single ? std::vector<Config>{call} : list) {
    const auto value = find(item);
    if (!value) return std::nullopt;
    read.inputs.push_back(*value);
    const auto& parts = item.as_list();
    if (parts.size() < 4 || parts[3].is_null()) continue;
    for (const auto& [name, argument] : parts[3].as_map()) {
      if (name == "training" && !argument.is_null())
        read.training = fixed_phase(argument);
      else if (argument.is_list() && !argument.as_list().empty() &&
               argument.as_list()[0].is_string())
        fail(argument.where_or(layer.name()),
             "'{}' is called with '{}' as a layer's output; open the file in Keras 3 and save it "
             "as .keras",
             layer.name(), name);
      else if (!argument.is_null() && !(argument == Config(false)) &&
               !is_call_argument(kind_of(layer), name))
        fail(argument.where_or(layer.name()), "'{}' is called with {}: {}, which is not known here",
             layer.name(), name, to_string(argument));
    }
  }
  return read;
}

const Config& part(const Config& call, const char* key) {
  static const Config nothing;
  const Config* found = call.find(key);
  return found ? *found : nothing;
}

}  // namespace

bool is_keras_tensor(const Config& config) {
  const Config* kind = config.find("class_name");
  return kind && kind->is_string() && kind->as_string() == "__keras_tensor__";
}

std::optional<ReadCall> read_layer_call(const Config& call, const Layer& layer,
                                        const FindTensor& find) {
  if (call.is_list()) return read_list_call(call, layer, find);
  ReadCall read;
  NamedInputs named(layer);
  std::vector<Value> mask;
  bool ready = true;
  const Config& arguments = part(call, "args");
  if (!named.named()) ready = collect(arguments, layer, find, read.inputs);
  for (size_t i = 0; named.named() && arguments.is_list() && i < arguments.as_list().size(); ++i)
    if (const Config& argument = arguments.as_list()[i]; !argument.is_null())
      ready = ready && collect(argument, layer, find, named.at(i, argument));
  if (const Config& others = part(call, "kwargs"); others.is_map())
    for (const auto& [name, argument] : others.as_map()) {
      if (argument.is_null() || is_call_argument(kind_of(layer), name)) continue;
      if (name == "training")
        read.training = fixed_phase(argument);
      else if (named.has(name))
        ready = ready && collect(argument, layer, find, named.at(name));
      else if (name == "mask" && is_keras_tensor(argument))
        ready = ready && collect(argument, layer, find, mask);
      else if (!named.named() && read.inputs.empty() && name.starts_with("input"))
        ready = ready && collect(argument, layer, find, read.inputs);
      else if (!(argument == Config(false)))
        fail(argument.where_or(layer.name()), "'{}' is called with {}: {}, which is not known here",
             layer.name(), name, to_string(argument));
    }
  if (!ready) return std::nullopt;
  if (named.named()) read.inputs = named.in_order();
  // Keras also writes the masks that layers give anyway.
  if (!mask.empty() && !read.inputs.empty() && !mask_of(read.inputs[0]).defined())
    read.inputs[0] = with_mask(read.inputs[0], cast(mask[0], DType::bool_));
  return read;
}

Config with_call_arguments(const Config& item, const Config& calls) {
  const KindCall kind_call = parse_kind(Layer::category, item);
  const KindInfo* kind = find_kind(Layer::category, kind_call.name);
  Config arguments = kind_call.arguments;
  bool changed = false;
  for (const auto& call : calls.as_list()) {
    const Config* given = call.find("kwargs");
    if (!given || !given->is_map()) continue;
    for (const auto& [name, value] : given->as_map()) {
      if (!is_call_argument(kind, name)) continue;
      const Config* before = changed ? arguments.find(name) : nullptr;
      if (before && !(*before == value))
        fail(value.where_or(kind_call.place),
             "the calls of one {} differ in '{}'; use a layer for each", kind_call.name, name);
      arguments.set(name, value);
      changed = true;
    }
  }
  if (!changed) return item;
  Config result = item;
  result.set("config", std::move(arguments));
  return result;
}

Config write_layer_call(const LayerCall& call, const std::function<Config(const Value&)>& tensor) {
  const Layer& layer = *call.layer;
  Config::List arguments, all;
  Config others{Config::Map{}};
  for (const auto& input : call.inputs) all.push_back(tensor(input));
  const auto names = layer.call_names();
  for (size_t i = 0; i < names.size() && !all.empty(); ++i) {
    Config::List taken{all.front()};
    const bool rest = names[i].ends_with('*');
    if (rest) taken = std::exchange(all, {});
    if (!rest) all.erase(all.begin());
    if (rest)
      others.set(names[i].substr(0, names[i].size() - 1), std::move(taken));
    else if (i < 2)
      arguments.push_back(taken[0]);
    else
      others.set(names[i], taken[0]);
  }
  if (names.empty()) {
    if (all.size() == 1)
      arguments = std::move(all);
    else
      arguments.emplace_back(std::move(all));
  }
  if (call.training) others.set("training", *call.training);
  const KindInfo* kind = kind_of(layer);
  // Of no other layer: the config of a model is large, and written for each model that it stands
  // in.
  if (kind && std::ranges::any_of(kind->arguments, &ArgumentInfo::of_call)) {
    const Config given = kind->get_config(*kind, layer);
    for (const auto& argument : kind->arguments)
      if (const Config* value = argument.of_call ? given.find(argument.name) : nullptr)
        if (!(*value == kind->default_of(argument))) others.set(argument.name, *value);
  }
  return Config::Map{{"args", std::move(arguments)}, {"kwargs", std::move(others)}};
}

}  // namespace tutti
