// Every registered pruner, with arguments where it has no defaults, and promoting where it can.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "scheduler/pruners/pruner.h"

namespace tutti::test {

// A kind's arguments that have no default; `mirrored` for a study of the negated values. Of a
// quarter and three quarters the place among the values is exact, so that both round alike.
inline Config pruner_of(const std::string& kind, bool mirrored = false) {
  const auto with = [&](const char* name, double value) {
    return Config(Config::Map{{kind, Config::Map{{name, value}}}});
  };
  if (kind == "Percentile") return with("percentile", 25.0);
  if (kind == "Threshold") return mirrored ? with("lower", -0.9) : with("upper", 0.9);
  if (kind == "Patient") return Config(Config::Map{{kind, Config::Map{{"patience", 1}}}});
  return Config(kind);
}

struct PrunerExample {
  std::string name;
  Config pruner, mirrored;
};
inline void PrintTo(const PrunerExample& example, std::ostream* out) { *out << example.name; }

inline std::vector<PrunerExample> examples_of_pruners() {
  std::vector<PrunerExample> examples;
  for (const KindInfo* kind : kinds_of(Pruner::category)) {
    examples.push_back({kind->name, pruner_of(kind->name), pruner_of(kind->name, true)});
    for (const auto& argument : kind->arguments)
      if (argument.name == "promotion") {
        const Config promoting(Config::Map{{kind->name, Config::Map{{"promotion", true}}}});
        examples.push_back({kind->name + "_promotion", promoting, promoting});
      }
  }
  return examples;
}

}  // namespace tutti::test
