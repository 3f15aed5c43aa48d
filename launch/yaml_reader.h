// YAML text as a Config: the core schema's scalars, each with its place, all of it bounded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/config.h"

namespace tutti {

// What a document may hold. Aliases count each time they are used, so that a few lines cannot grow
// into gigabytes.
struct YamlLimits {
  uint64_t bytes = 4u << 20;
  int depth = 64;
  int64_t values = 200'000;
};

// One document. `name` begins the places: "job.yaml:12:5". Throws, with a place, on a syntax error,
// a key that stands twice, a document beyond the limits, or a second document.
Config read_yaml(std::string_view text, std::string_view name, const YamlLimits& limits = {});

// The file's name, without its folders, begins the places.
Config read_yaml_file(const std::filesystem::path& path, const YamlLimits& limits = {});

// A plain scalar as YAML 1.2 takes it: null, bool, int, float or text. Throws at `place` for an
// integer beyond 64 bits.
Config plain_scalar(const std::string& text, std::string_view place);

}  // namespace tutti
