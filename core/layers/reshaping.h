// Layers that give the same elements another shape or order: Flatten, Reshape, Permute,
// RepeatVector.
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

struct PermuteOptions {
  std::vector<int> dims = {};  // the axes after the rows, counted from 1: {2, 1} swaps two
};

class PermuteLayer final : public Layer {
 public:
  using Options = PermuteOptions;
  explicit PermuteLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};

// Permute({2, 1})
class Permute : public LayerOf<PermuteLayer> {
 public:
  explicit Permute(std::vector<int> dims, std::string name = "")
      : LayerOf(PermuteOptions{std::move(dims)}, std::move(name)) {}
};

struct RepeatVectorOptions {
  int64_t n = 0;
};

// (rows, width) -> (rows, n, width)
class RepeatVectorLayer final : public Layer {
 public:
  using Options = RepeatVectorOptions;
  explicit RepeatVectorLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using RepeatVector = LayerOf<RepeatVectorLayer>;

}  // namespace tutti
