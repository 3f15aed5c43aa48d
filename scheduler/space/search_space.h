// The hyperparameters of a study, some of them there only where others have certain values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scheduler/space/distribution.h"

namespace tutti {

// A point of the space: the numbers of the hyperparameters that are active at it.
using Point = std::map<std::string, double>;

// Active where `parent` is active and has one of `values`.
struct Condition {
  std::string parent;
  std::vector<Config> values;
};

struct Hyperparameter {
  std::string name;
  Distribution distribution;
  std::vector<Condition> conditions = {};  // all must hold
  std::optional<Config> initial = {};      // Keras Tuner's default: tried where nothing is known
};

// "layers is 2 or 3 and deep is true"; empty where there are no conditions.
std::string when_text(const Hyperparameter& hyperparameter);

class SearchSpace {
 public:
  // Throws "[name] ..." for a name that is empty or taken, a distribution that contradicts itself,
  // an unknown parent (a parent comes before its children) and a value that the parent cannot have.
  void add(Hyperparameter hyperparameter);

  bool empty() const { return hyperparameters_.empty(); }
  // Parents before children.
  const std::vector<Hyperparameter>& hyperparameters() const { return hyperparameters_; }
  const Hyperparameter* find(std::string_view name) const;
  std::vector<std::string> names() const;
  // Whether it is active at a point that holds its parents.
  bool active(const Hyperparameter& hyperparameter, const Point& point) const;
  // Whether a point has a number for each active hyperparameter, within its distribution, and no
  // other; and what is wrong with it, else "".
  std::string fault_of(const Point& point) const;
  // This number, and what its parents must be for it to be there.
  Point with_parents(const Hyperparameter& hyperparameter, double number) const;
  // A point's numbers as the values that they are.
  std::map<std::string, Config> values_of(const Point& point) const;

 private:
  std::vector<Hyperparameter> hyperparameters_;
};

}  // namespace tutti
