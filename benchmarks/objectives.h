// Objectives whose best value is known, for comparing tuners.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scheduler/space/search_space.h"

namespace tutti {

struct Objective {
  SearchSpace space;
  std::function<double(const Point&)> value;  // the smaller the better
};

// "branin", "hartmann6", "models", "sphere8", and "coco1" to "coco20" in five dimensions.
std::vector<std::string> objective_names();
Objective objective_of(const std::string& name);  // throws for another name

}  // namespace tutti
