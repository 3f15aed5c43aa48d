// Normalizations of each row by itself, the same while training and not.
//
// LayerNormalization   mean and variance over `axis` (Ba et al., 2016)
// RMSNormalization     root of the mean square over `axis` (Zhang & Sennrich, 2019)
// UnitNormalization    length over `axis`
// GroupNormalization   mean and variance over groups of channels and all other axes (Wu & He, 2018)
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct LayerNormalizationOptions {
  std::vector<int> axis = {-1};
  double epsilon = 0.001;
  bool center = true;
  bool scale = true;
  Ref<Initializer> beta_initializer = "zeros";
  Ref<Initializer> gamma_initializer = "ones";
  Ref<Regularizer> beta_regularizer = {};
  Ref<Regularizer> gamma_regularizer = {};
  Ref<Constraint> beta_constraint = {};
  Ref<Constraint> gamma_constraint = {};
};

class LayerNormalizationLayer final : public Layer {
 public:
  using Options = LayerNormalizationOptions;
  explicit LayerNormalizationLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  Autocast autocast() const override { return {.inputs = false, .weights = false}; }

 private:
  Options options_;
  VariablePtr gamma_, beta_;
};
using LayerNormalization = LayerOf<LayerNormalizationLayer>;

struct RMSNormalizationOptions {
  std::vector<int> axis = {-1};
  double epsilon = 1e-6;
};

class RMSNormalizationLayer final : public Layer {
 public:
  using Options = RMSNormalizationOptions;
  explicit RMSNormalizationLayer(Options options) : options_(std::move(options)) {}
  const Options& options() const { return options_; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
  VariablePtr scale_;
};
using RMSNormalization = LayerOf<RMSNormalizationLayer>;

struct UnitNormalizationOptions {
  std::vector<int> axis = {-1};
};

class UnitNormalizationLayer final : public Layer {
 public:
  using Options = UnitNormalizationOptions;
  explicit UnitNormalizationLayer(Options options) : options_(std::move(options)) {}
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using UnitNormalization = LayerOf<UnitNormalizationLayer>;

struct GroupNormalizationOptions {
  int64_t groups = 32;  // -1: each channel by itself
  int axis = -1;        // of the channels
  double epsilon = 0.001;
  bool center = true;
  bool scale = true;
  Ref<Initializer> beta_initializer = "zeros";
  Ref<Initializer> gamma_initializer = "ones";
  Ref<Regularizer> beta_regularizer = {};
  Ref<Regularizer> gamma_regularizer = {};
  Ref<Constraint> beta_constraint = {};
  Ref<Constraint> gamma_constraint = {};
};

class GroupNormalizationLayer final : public Layer {
 public:
  using Options = GroupNormalizationOptions;
  explicit GroupNormalizationLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  Autocast autocast() const override { return {.inputs = false, .weights = false}; }

 private:
  Options options_;
  int64_t groups_ = 0;
  VariablePtr gamma_, beta_;
};
using GroupNormalization = LayerOf<GroupNormalizationLayer>;

}  // namespace tutti
