// MaxPooling1D .. AveragePooling3D: the largest element, or the mean, of each window.
// GlobalMaxPooling1D .. GlobalAveragePooling3D: over all spatial axes.
// AdaptiveMaxPooling1D .. AdaptiveAveragePooling3D: windows such that the output has a given size.
#pragma once

#include "core/layers/layer.h"
#include "core/layers/spatial.h"

namespace tutti {

enum class Pooling : uint8_t { max, average };

struct PoolingOptions {
  Extents pool_size = 2;
  std::optional<Extents> strides = {};  // none: pool_size
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
};

class PoolingLayer : public Layer {
 public:
  using Options = PoolingOptions;
  const Options& options() const { return options_; }

 protected:
  PoolingLayer(Pooling pooling, size_t axes, const char* name, Options options);
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Pooling pooling_;
  size_t axes_;
  Options options_;
};

struct GlobalPoolingOptions {
  std::optional<std::string> data_format = {};
  bool keepdims = false;
};

class GlobalPoolingLayer : public Layer {
 public:
  using Options = GlobalPoolingOptions;
  const Options& options() const { return options_; }
  // As Keras's: GlobalAveragePooling1D alone knows masks, and takes the mean of the steps that
  // count.
  bool supports_masking() const override { return pooling_ == Pooling::average && axes_ == 1; }

 protected:
  GlobalPoolingLayer(Pooling pooling, size_t axes, const char* name, Options options);
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  std::vector<Value> compute_mask(const std::vector<Value>&) override { return {Value()}; }

 private:
  Pooling pooling_;
  size_t axes_;
  Options options_;
};

struct AdaptivePoolingOptions {
  Extents output_size = {};
  std::optional<std::string> data_format = {};
};

// Element i of `output_size` covers [floor(i s / size), ceil((i + 1) s / size)).
class AdaptivePoolingLayer : public Layer {
 public:
  using Options = AdaptivePoolingOptions;
  const Options& options() const { return options_; }

 protected:
  AdaptivePoolingLayer(Pooling pooling, size_t axes, const char* name, Options options);
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Pooling pooling_;
  size_t axes_;
  Options options_;
};

#define TUTTI_POOLING(Name, Base, pooling, axes)                                              \
  class Name##Layer final : public Base {                                                     \
   public:                                                                                    \
    explicit Name##Layer(Options options) : Base(pooling, axes, #Name, std::move(options)) {} \
  };                                                                                          \
  using Name = LayerOf<Name##Layer>
#define TUTTI_POOLINGS(prefix, Base)                                  \
  TUTTI_POOLING(prefix##MaxPooling1D, Base, Pooling::max, 1);         \
  TUTTI_POOLING(prefix##MaxPooling2D, Base, Pooling::max, 2);         \
  TUTTI_POOLING(prefix##MaxPooling3D, Base, Pooling::max, 3);         \
  TUTTI_POOLING(prefix##AveragePooling1D, Base, Pooling::average, 1); \
  TUTTI_POOLING(prefix##AveragePooling2D, Base, Pooling::average, 2); \
  TUTTI_POOLING(prefix##AveragePooling3D, Base, Pooling::average, 3)

TUTTI_POOLINGS(, PoolingLayer);
TUTTI_POOLINGS(Global, GlobalPoolingLayer);
TUTTI_POOLINGS(Adaptive, AdaptivePoolingLayer);
#undef TUTTI_POOLINGS
#undef TUTTI_POOLING

}  // namespace tutti
