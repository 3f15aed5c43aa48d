// Layers that give the same elements another shape: Flatten, Reshape.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct FlattenOptions {
  std::optional<std::string> data_format = {};
};

// (rows, a, b) -> (rows, a b); (rows,) -> (rows, 1). channels_first moves axis 1 last before.
class FlattenLayer final : public Layer {
 public:
  using Options = FlattenOptions;
  explicit FlattenLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Flatten = LayerOf<FlattenLayer>;

struct ReshapeOptions {
  std::vector<int64_t> target_shape = {};  // without rows; one extent may be -1
};

class ReshapeLayer final : public Layer {
 public:
  using Options = ReshapeOptions;
  explicit ReshapeLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};

// Reshape({2, -1})
class Reshape : public LayerOf<ReshapeLayer> {
 public:
  explicit Reshape(std::vector<int64_t> target_shape, std::string name = "")
      : LayerOf(ReshapeOptions{std::move(target_shape)}, std::move(name)) {}
};

}  // namespace tutti
