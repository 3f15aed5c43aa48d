// Input: where a model's data enters. `Input({8})` is a value of shape (None, 8).
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct InputOptions {
  std::optional<Shape> shape = {};        // without rows
  std::optional<Shape> batch_shape = {};  // with rows as axis 0, instead of shape
};

class InputLayer final : public Layer {
 public:
  using Options = InputOptions;
  explicit InputLayer(Options options);
  const Options& options() const { return options_; }
  Shape shape() const;                        // with kRows as axis 0
  std::optional<int64_t> batch_size() const;  // where batch_shape says it

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};

// A row value of `shape` without rows; integer labels and images take a dtype.
Value Input(const Shape& shape, const std::string& name = "", DType dtype = DType::f32);

}  // namespace tutti
