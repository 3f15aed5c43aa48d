#include "core/base/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "core/base/error.h"

namespace tutti {
namespace {

// Filled while libraries load, which a plug-in may do later than main: hence the lock.
struct Table {
  std::recursive_mutex mutex;
  std::deque<KindInfo> kinds;  // addresses stay valid
  std::unordered_map<std::type_index, const KindInfo*> by_type;
  // By category and what they were called, since the last one was added.
  std::map<std::pair<std::string, std::string>, const KindInfo*> found;
  std::map<std::string, std::set<std::string>, std::less<>> common_keys;
  std::map<std::string, std::pair<std::string, MakeAdopted>, std::less<>> adopted;
};

Table& table() {
  static Table instance;
  return instance;
}

std::string lower_case(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool matches(const KindInfo& kind, std::string_view name) {
  if (snake_case(kind.name) == name || lower_case(kind.name) == name) return true;
  return std::find(kind.aliases.begin(), kind.aliases.end(), name) != kind.aliases.end();
}

std::vector<std::string> spellings(std::string_view category) {
  std::vector<std::string> names;
  for (const KindInfo* kind : kinds_of(category)) {
    names.push_back(kind->name);
    names.insert(names.end(), kind->aliases.begin(), kind->aliases.end());
  }
  return names;
}

std::vector<std::string> argument_names(const KindInfo& kind) {
  std::vector<std::string> names;
  for (const auto& argument : kind.arguments) names.push_back(argument.name);
  return names;
}

}  // namespace

std::string snake_case(std::string_view camel) {
  const auto is = [&](int (*kind)(int), size_t i) {
    return i < camel.size() && kind(static_cast<unsigned char>(camel[i])) != 0;
  };
  std::string snake;
  for (size_t i = 0; i < camel.size(); ++i) {
    const bool after_small = i > 0 && is(std::islower, i - 1);
    const bool before_small = i > 0 && camel[i - 1] != '_' && is(std::islower, i + 1);
    if (is(std::isupper, i) && (after_small || before_small)) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(camel[i])));
  }
  return snake;
}

KindInfo& add_kind(KindInfo info) {
  std::lock_guard lock(table().mutex);
  const KindInfo* other = find_kind(info.category, info.name);
  if (other && other->name == info.name)
    fail(ExitCode::internal, "registry", "{} '{}' is registered twice; give one another name",
         info.category, info.name);
  KindInfo& added = table().kinds.emplace_back(std::move(info));
  table().by_type.try_emplace(added.type, &added);
  table().found.clear();
  return added;
}

namespace {

const KindInfo* look_for_kind(std::string_view category, std::string_view name) {
  // A name itself comes before other spellings: the metric "accuracy" is another than "Accuracy".
  for (const auto& kind : table().kinds)
    if (kind.category == category && kind.name == name) return &kind;
  for (const auto& kind : table().kinds)
    if (kind.category == category && matches(kind, name)) return &kind;
  return nullptr;
}

}  // namespace

const KindInfo* find_kind(std::string_view category, std::string_view name) {
  std::lock_guard lock(table().mutex);
  std::pair<std::string, std::string> asked(category, name);
  if (const auto found = table().found.find(asked); found != table().found.end())
    return found->second;
  const KindInfo* kind = look_for_kind(category, name);
  if (kind) table().found.emplace(std::move(asked), kind);
  return kind;
}

const KindInfo* kind_of(const Configurable& object) {
  std::lock_guard lock(table().mutex);
  const auto found = table().by_type.find(typeid(object));
  return found == table().by_type.end() ? nullptr : found->second;
}

std::vector<const KindInfo*> kinds_of(std::string_view category) {
  std::lock_guard lock(table().mutex);
  std::vector<const KindInfo*> found;
  for (const auto& kind : table().kinds)
    if (kind.category == category) found.push_back(&kind);
  std::sort(found.begin(), found.end(), [](auto* a, auto* b) { return a->name < b->name; });
  return found;
}

std::vector<std::string> categories() {
  std::lock_guard lock(table().mutex);
  std::set<std::string> names;
  for (const auto& kind : table().kinds) names.insert(kind.category);
  return {names.begin(), names.end()};
}

void add_common_key(std::string_view category, std::string_view key) {
  std::lock_guard lock(table().mutex);
  table().common_keys[std::string(category)].insert(std::string(key));
}

namespace {

// What stands beside class_name in Keras's configs.
bool is_keras_key(std::string_view key) {
  for (const char* known : {"class_name", "config", "name", "module", "registered_name",
                            "build_config", "compile_config", "shared_object_id", "inbound_nodes"})
    if (key == known) return true;
  return false;
}

}  // namespace

KindCall parse_kind(std::string_view category, const Config& config) {
  const std::string place = config.where_or(category);
  if (config.is_string()) return {config.as_string(), Config(), place};
  if (!config.is_map())
    fail(place, "expected {} {} as a name or as {{Name: {{argument: value}}}}, got {}",
         std::string_view("aeiou").find(category.front()) < 5 ? "an" : "a", category,
         to_string(config));
  if (const Config* class_name = config.find("class_name")) {
    const Config* arguments = config.find("config");
    for (const auto& [key, value] : config.as_map())
      if (!is_keras_key(key))
        fail(value.where_or(place), "unknown key '{}' beside class_name; put it into config", key);
    return {class_name->as_string(), arguments ? *arguments : Config(), place, true};
  }
  const auto& map = config.as_map();
  if (map.size() != 1)
    fail(place,
         "expected one {} as {{Name: {{argument: value}}}}, got {} keys; put the arguments "
         "under the name",
         category, map.size());
  return {map[0].first, map[0].second, place};
}

bool adopt_kinds(std::string_view category, std::string_view other, MakeAdopted make) {
  std::lock_guard lock(table().mutex);
  return table().adopted.try_emplace(std::string(category), other, std::move(make)).second;
}

namespace {

// An object of the adopted category by that name, wrapped; null if there is none.
std::shared_ptr<Configurable> make_adopted(std::string_view category, const KindCall& call,
                                           const Config& config) {
  std::pair<std::string, MakeAdopted> adopted;
  {
    std::lock_guard lock(table().mutex);
    const auto found = table().adopted.find(category);
    if (found == table().adopted.end() || !find_kind(found->second.first, call.name))
      return nullptr;
    adopted = found->second;
  }
  return adopted.second(config);
}

}  // namespace

std::shared_ptr<Configurable> make_kind(std::string_view category, const Config& config) {
  const KindCall call = parse_kind(category, config);
  const KindInfo* kind = find_kind(category, call.name);
  if (!kind)
    if (auto adopted = make_adopted(category, call, config)) return adopted;
  if (!kind)
    fail(call.place, "unknown {} '{}'{}", category, call.name,
         near_or(call.name, spellings(category),
                 fmt::format("; `tutti list {}` names them all", category)));
  try {
    return kind->make(*kind, call.saved ? known_arguments(*kind, call.arguments) : call.arguments);
  } catch (Error& error) {
    // An object that refuses its arguments does not know where they were written.
    const std::string_view message = error.what();
    if (config.where().empty() || names_place(message) || message.starts_with("[" + config.where()))
      throw;
    error.reword(fmt::format("[{}] {}", config.where(), error.what()));
    throw;
  }
}

Config kind_config(const Configurable& adapter) {
  const Configurable& object = adapter.configured();
  const KindInfo* kind = kind_of(object);
  if (!kind)
    fail("registry",
         "an object of an unregistered class has no config; register it with TUTTI_REGISTER");
  Config arguments = kind->get_config(*kind, object), call;
  if (arguments.as_map().empty())
    call = kind->name;
  else
    call.set(kind->name, std::move(arguments));
  return call.names(kind->category.c_str());
}

Config known_arguments(const KindInfo& kind, const Config& arguments) {
  if (!arguments.is_map()) return arguments;
  Config::Map known;
  for (const auto& [key, value] : arguments.as_map()) {
    const auto is_key = [&, &key = key](const auto& argument) { return argument.name == key; };
    const bool own = std::any_of(kind.arguments.begin(), kind.arguments.end(), is_key);
    const bool off = value.is_null() || value == Config(false);
    const auto fixed =
        std::find_if(kind.fixed.begin(), kind.fixed.end(),
                     [&, &key = key](const auto& entry) { return entry.first == key; });
    const bool as_fixed =
        fixed != kind.fixed.end() && (fixed->second.is_null() || fixed->second == value);
    if (own || (!off && !as_fixed)) known.emplace_back(key, value);
  }
  Config result(std::move(known));
  return arguments.where().empty() ? result : result.at(arguments.where());
}

void read_arguments(const KindInfo& kind, const Config& arguments, void* options) {
  const std::string place = arguments.where_or(kind.name);
  std::set<std::string> given;
  if (!arguments.is_null()) {
    if (!arguments.is_map())
      fail(place, "expected the arguments of {} as {{argument: value}}, got {}", kind.name,
           to_string(arguments));
    for (const auto& [key, value] : arguments.as_map()) {
      const auto found =
          std::find_if(kind.arguments.begin(), kind.arguments.end(),
                       [&, &key = key](const auto& argument) { return argument.name == key; });
      if (found == kind.arguments.end()) {
        for (const auto& [name, only] : kind.fixed)
          if (name == key && !(value == only))
            fail(value.where_or(place), "{} knows '{}' with the value {} alone, not {}", kind.name,
                 key, to_string(only), to_string(value));
        std::lock_guard lock(table().mutex);
        if (table().common_keys[kind.category].contains(key)) continue;
        const auto names = argument_names(kind);
        fail(value.where_or(place), "{} has no argument '{}'{}", kind.name, key,
             near_or(key, names,
                     names.empty() ? "; it takes none"
                                   : fmt::format("; it takes {}", fmt::join(names, ", "))));
      }
      try {
        found->read(value, options);
      } catch (Error& error) {
        if (value.where().empty())
          error.reword(fmt::format("[{}] {}: {}", kind.name, key, error.what()));
        throw;
      }
      given.insert(key);
    }
  }
  for (const auto& argument : kind.arguments)
    if (argument.required && !given.contains(argument.name))
      fail(place, "{} needs '{}' ({}: {})", kind.name, argument.name, argument.type, argument.doc);
}

void restrict_choice(ArgumentInfo& argument, std::vector<std::string> words) {
  argument.type.clear();
  for (const auto& word : words) argument.type += (argument.type.empty() ? "" : "|") + word;
  argument.read = [read = argument.read, words = std::move(words), name = argument.name,
                   type = argument.type](const Config& config, void* options) {
    const std::string& word = config.as_string();
    if (std::find(words.begin(), words.end(), word) == words.end())
      fail(config.where_or(name), "'{}' is not one of {}{}", word, type, did_you_mean(word, words));
    read(config, options);
  };
}

}  // namespace tutti
