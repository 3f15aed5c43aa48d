// Data for layers that learn from it before training (Keras's adapt()), when a model is made with
// the data at hand.
#pragma once

#include <functional>

#include "core/graph/value.h"

namespace tutti {

// While one stands, a layer called on this thread that waits for data (Layer::waits_for_adapt) is
// adapted first, on what its input is for the data.
class Adaptation {
 public:
  // All rows of a value, computed from the data.
  using RowsOf = std::function<Tensor(const Value&)>;
  explicit Adaptation(RowsOf rows_of);
  ~Adaptation();
  Adaptation(const Adaptation&) = delete;
  Adaptation& operator=(const Adaptation&) = delete;

  static const Adaptation* current();  // null if none stands
  Tensor rows_of(const Value& value) const { return rows_of_(value); }

 private:
  const Adaptation* outer_;
  RowsOf rows_of_;
};

}  // namespace tutti
