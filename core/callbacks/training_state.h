// The whole state of a training at a step boundary: what a checkpoint copies and a resume gives
// back. It knows nothing of how many ranks there are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/config.h"
#include "core/tensor/tensor.h"

namespace tutti {

// Who has a tensor: all ranks the whole of it, each rank a part of its elements in their flat
// order, or this rank alone.
enum class Held { everywhere, in_parts, here };

struct StateTensor {
  std::string name;  // "dense/kernel", "optimizer/velocity": the same in any world
  Tensor value;      // this rank's part, where it lives: what it says until the next step
  Held held = Held::everywhere;
  int64_t begin = 0;    // of the part, in elements
  Shape shape;          // of the whole
  bool finite = false;  // one with elements that are NaN or infinite is not worth keeping
};

struct TrainingState {
  std::vector<StateTensor> tensors;
  Config values;  // where training is, and what callbacks keep; rank 0's counts
};

// What a callback remembers, to go on as if training had not stopped.
struct CallbackState {
  Config values = Config(Config::Map());
  std::vector<std::pair<std::string, Tensor>> tensors = {};  // given back in this order
  // The value of a key. Throws Error (data) if there is none.
  const Config& operator[](const char* key) const;
  std::optional<double> number(const char* key) const;  // no value for null
};
Config number_or_null(const std::optional<double>& number);

// A state that was saved, in any world.
class SavedState {
 public:
  virtual ~SavedState() = default;
  struct Entry {
    Shape shape;
    DType dtype;
  };
  virtual const Config& values() const = 0;
  virtual std::vector<std::string> names() const = 0;  // of each rank's as it gave them
  virtual std::optional<Entry> find(const std::string& name) const = 0;
  // Elements of a tensor that there is, in their flat order from `begin` on, into a tensor on the
  // host. Throws Error (data) for what is damaged.
  virtual void read(const std::string& name, int64_t begin, const Tensor& into) const = 0;
};

}  // namespace tutti
