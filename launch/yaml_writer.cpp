#include "launch/yaml_writer.h"

namespace tutti {

namespace {

constexpr size_t kYamlLineWidth = 96;

// The key as the one-line form writes it, quoted where it has to be.
std::string yaml_key(const std::string& key) {
  const std::string text = to_string(Config(Config::Map{{key, Config(true)}}));
  return text.substr(1, text.size() - sizeof(": true}"));
}

bool fits_one_line(const Config& config, size_t indent) {
  const bool empty = (config.is_list() && config.as_list().empty()) ||
                     (config.is_map() && config.as_map().empty());
  if (empty || (!config.is_list() && !config.is_map())) return true;
  // A list of objects has a line for each: people compare them line by line.
  if (config.is_list() && config.as_list().size() > 1 && config.as_list()[0].is_map()) return false;
  return to_string(config).size() + indent <= kYamlLineWidth;
}

void write_yaml_block(const Config& config, size_t indent, std::string& out);

// What follows "key:" or "-": on the same line if it fits there.
void write_yaml_value(const Config& value, size_t indent, size_t used, std::string& out) {
  if (fits_one_line(value, used)) {
    out += " " + to_string(value) + "\n";
  } else {
    out += "\n";
    write_yaml_block(value, indent + 2, out);
  }
}

void write_yaml_item(const Config& item, size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  if (fits_one_line(item, indent + 2) || item.is_list()) {
    out += margin + "-";
    return write_yaml_value(item, indent, indent + 2, out);
  }
  // A long map begins on the line of its dash.
  std::string block;
  write_yaml_block(item, indent + 2, block);
  out += margin + "- " + block.substr(indent + 2);
}

void write_yaml_block(const Config& config, size_t indent, std::string& out) {
  if (config.is_list()) {
    for (const auto& item : config.as_list()) write_yaml_item(item, indent, out);
    return;
  }
  for (const auto& [key, value] : config.as_map()) {
    const std::string written = yaml_key(key);
    out += std::string(indent, ' ') + written + ":";
    write_yaml_value(value, indent, indent + written.size() + 2, out);
  }
}

}  // namespace

std::string write_yaml(const Config& config) {
  const bool block = (config.is_map() && !config.as_map().empty()) ||
                     (config.is_list() && !config.as_list().empty());
  if (!block) return to_string(config) + "\n";
  std::string out;
  write_yaml_block(config, 0, out);
  return out;
}

}  // namespace tutti
