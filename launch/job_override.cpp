#include "launch/job_override.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <vector>

#include "core/base/error.h"
#include "core/base/registry.h"
#include "launch/job_schema.h"
#include "launch/yaml_reader.h"

namespace tutti {

namespace {

using Segments = std::vector<std::string>;

Segments split_path(std::string_view path, const std::string& place) {
  Segments segments;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('.', begin), path.size());
    segments.emplace_back(path.substr(begin, end - begin));
    if (segments.back().empty()) fail(place, "the path has an empty part; write it as fit.epochs");
    begin = end + 1;
  }
  if (const auto most = static_cast<size_t>(YamlLimits().depth); segments.size() > most)
    fail(place.substr(0, 60),
         "the path has {} parts, more than the {} that a job is deep; shorten it", segments.size(),
         most);
  return segments;
}

// Nothing yet, said by a `--set`.
Config made_at(const std::string& place) { return Config().at(place); }

void make_map(Config& config, const std::string& place) {
  const std::string where = config.where_or(place);
  config = Config(Config::Map()).at(where);
}

// The arguments of an object written as a kind, which become a map; null if it is not one.
Config* arguments_of(Config& config, const std::string& place) {
  Config* arguments = nullptr;
  if (config.is_map() && config.find("class_name")) {
    if (!config.find("config")) config.set("config", made_at(place));
    arguments = const_cast<Config*>(config.find("config"));
  } else if (looks_like_kind(config)) {
    arguments = &config.as_map()[0].second;
  } else if (config.is_string()) {
    const std::string where = config.where_or(place);
    config = Config(Config::Map{{config.as_string(), made_at(place)}}).at(where);
    arguments = &config.as_map()[0].second;
  }
  if (arguments && arguments->is_null()) make_map(*arguments, place);
  return arguments;
}

std::string kind_name_of(const Config& item) {
  if (item.is_string()) return item.as_string();
  if (const Config* name = item.find("class_name"))
    return name->is_string() ? name->as_string() : "";
  return item.is_map() && item.as_map().size() == 1 ? item.as_map()[0].first : "";
}

std::string given_name_of(const Config& item) {
  if (!item.is_map() || item.as_map().empty()) return "";
  const Config* config = item.find("config");
  const Config* name = (config ? *config : item.as_map()[0].second).find("name");
  return name && name->is_string() ? name->as_string() : "";
}

// The names by which items can be called; "" where there is none.
std::vector<std::string> item_names(const Config::List& items) {
  std::vector<std::string> names;
  std::map<std::string, int> used;
  for (const auto& item : items) {
    std::string name = given_name_of(item);
    if (name.empty()) {
      name = snake_case(kind_name_of(item));
      if (const int number = used[name]++; number > 0) name += "_" + std::to_string(number);
    }
    names.push_back(name);
  }
  return names;
}

size_t item_index(const Config::List& items, const std::string& segment, const std::string& place) {
  size_t index = 0;
  const char* end = segment.data() + segment.size();
  const auto [last, error] = std::from_chars(segment.data(), end, index);
  if (last == end && error != std::errc::invalid_argument) {
    if (error == std::errc() && index < items.size()) return index;
    fail(place, "there is no item {} in a list of {}; count from 0", segment, items.size());
  }
  const auto names = item_names(items);
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == segment) return i;
  for (size_t i = 0; i < items.size(); ++i)
    if (kind_name_of(items[i]) == segment) return i;
  fail(place, "no item is called '{}'{}; the items are {}", segment, did_you_mean(segment, names),
       fmt::join(names, ", "));
}

std::string text_of(const Segments& segments, size_t count) {
  return fmt::format(
      "{}", fmt::join(segments.begin(), segments.begin() + static_cast<ptrdiff_t>(count), "."));
}

// The value that a path names below `node`, made where it is missing. `record` is the message of
// the frame that the node fills; null inside the open parts, where a kind's name may be left out.
Config& walk(Config& node, const google::protobuf::Descriptor* record, const Segments& segments,
             size_t depth, const std::string& place) {
  if (depth == segments.size()) return node;
  const std::string& segment = segments[depth];
  if (node.is_null()) make_map(node, place);
  if (node.is_list()) {
    const size_t index = item_index(node.as_list(), segment, place);
    return walk(const_cast<Config&>(node.as_list()[index]), nullptr, segments, depth + 1, place);
  }
  const auto* inner = record ? record_of_field(*record, segment) : nullptr;
  if (node.is_map() && node.find(segment))
    return walk(const_cast<Config&>(*node.find(segment)), inner, segments, depth + 1, place);
  if (!record)
    if (Config* arguments = arguments_of(node, place)) {
      const bool names_kind = snake_case(kind_name_of(node)) == snake_case(segment);
      return walk(*arguments, nullptr, segments, names_kind ? depth + 1 : depth, place);
    }
  if (!node.is_map())
    fail(place, "'{}' is {} and has no '{}'; set '{}' itself", text_of(segments, depth),
         to_string(node), segment, text_of(segments, depth));
  node.set(segment, made_at(place));
  return walk(const_cast<Config&>(*node.find(segment)), inner, segments, depth + 1, place);
}

// The one place of what may be written in two.
void complete_path(Segments& segments) {
  const auto& frame = *schema::Job::descriptor();
  const auto& data = *schema::Data::descriptor();
  if (!frame.FindFieldByName(segments[0]) && data.FindFieldByName(segments[0]))
    segments.insert(segments.begin(), "data");
  if (segments.size() == 2 && segments[0] == "data" && segments[1] == "validation_split")
    segments[0] = "fit";
}

}  // namespace

void apply_override(Config& job, std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0)
    fail(ExitCode::usage, fmt::format("--set {}", assignment),
         "expected PATH=VALUE, as fit.epochs=20");
  const std::string_view path = assignment.substr(0, equals);
  const std::string place = fmt::format("--set {}", path);
  const std::string_view text = assignment.substr(equals + 1);
  Config value = text.empty() ? Config() : read_yaml(text, place, {.bytes = 1 << 16});
  try {
    node_in_job(job, path, place) = std::move(value.at(place));
  } catch (const Error& error) {  // what is wrong with the path is wrong with the command line
    throw Error(error.what(), ExitCode::usage);
  }
}

Config& node_in_job(Config& job, std::string_view path, const std::string& place) {
  Segments segments = split_path(path, place);
  complete_path(segments);
  return walk(job, schema::Job::descriptor(), segments, 0, place);
}

}  // namespace tutti
