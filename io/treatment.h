// What can be done to a column before it becomes a tensor of the model: one registered kind each.
#pragma once

#include <string>
#include <vector>

#include "core/base/registry.h"
#include "io/table.h"

namespace tutti {

class Treatment : public Configurable {
 public:
  static constexpr const char* category = "treatment";

  // What apply has to know, learnt from the training rows. `table` is for places in errors.
  virtual Config fit(const Column& column, const Table& table) const = 0;
  // Any rows. Throws, naming the place of the row, on a value it cannot treat.
  virtual Column apply(Column column, const Config& fitted, const Table& table) const = 0;
  // What class indices or one-hot positions stand for; empty if this makes none.
  virtual std::vector<std::string> classes(const Config&) const { return {}; }
};

// The kinds: Standardize, OneHot, Classes (text or numbers to indices, in sorted order), Cap
// (limits, given or quantiles of the training rows), Float (numbers that happen to be whole stay
// f32), Text (stays text, for a model whose layers take it).

}  // namespace tutti
