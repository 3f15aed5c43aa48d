// What can be done to a column before it becomes a tensor of the model: one registered kind each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/registry.h"
#include "io/table.h"

namespace tutti {

// Learns what a treatment has to know from training rows, a table of some of them at a time, always
// in their order: what it learns has the same bits however they are cut into tables.
class Fitting {
 public:
  virtual ~Fitting() = default;
  // Whether all rows have to be added (again): asked before the first and after each time.
  virtual bool wants_rows() const { return false; }
  virtual void add(const Column& column, const Table& table) { (void)column, (void)table; }
  virtual void end_rows() {}
  virtual Config result() { return {}; }
};

class Treatment : public Configurable {
 public:
  static constexpr const char* category = "treatment";

  // What apply has to know, learnt from the training rows. `table` is for places in errors.
  virtual std::unique_ptr<Fitting> begin_fit() const { return std::make_unique<Fitting>(); }
  Config fit(const Column& column, const Table& table) const;  // of rows that are all there
  // Any rows, each by itself. Throws, naming the place of the row, on a value it cannot treat.
  virtual Column apply(Column column, const Config& fitted, const Table& table) const = 0;
  virtual bool stays_text() const { return false; }
  // What class indices or one-hot positions stand for; empty if this makes none.
  virtual std::vector<std::string> classes(const Config&) const { return {}; }
};

// The kinds: Standardize, OneHot, Classes (text or numbers to indices, in sorted order), Cap
// (limits, given or quantiles of the training rows), Float (numbers that happen to be whole stay
// f32), Text (stays text, for a model whose layers take it).

}  // namespace tutti
