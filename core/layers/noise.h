// Noise while training, the input itself otherwise.
//
// SpatialDropout1D .. SpatialDropout3D   whole channels of a row are 0 (Tompson et al., 2015)
// GaussianNoise                          adds a normal draw
// GaussianDropout                        times a normal draw around 1 (Srivastava et al., 2014)
// AlphaDropout                           keeps mean and variance behind selu (Klambauer et al.,
// 2017)
#pragma once

#include "core/layers/layer.h"
#include "core/layers/spatial.h"

namespace tutti {

struct SpatialDropout1DOptions {
  double rate = 0;
  std::optional<int64_t> seed = {};
};
struct SpatialDropoutOptions {
  double rate = 0;
  std::optional<std::string> data_format = {};
  std::optional<int64_t> seed = {};
};

class SpatialDropoutLayer : public Layer {
 public:
  bool supports_masking() const override { return true; }

 protected:
  SpatialDropoutLayer(size_t axes, const char* name, const SpatialDropoutOptions& options);
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  size_t axes_;
  SpatialDropoutOptions spatial_;
};

class SpatialDropout1DLayer final : public SpatialDropoutLayer {
 public:
  using Options = SpatialDropout1DOptions;
  explicit SpatialDropout1DLayer(Options options)
      : SpatialDropoutLayer(1, "SpatialDropout1D", {options.rate, {}, options.seed}),
        options_(options) {}
  const Options& options() const { return options_; }

 private:
  Options options_;
};
template <size_t axes>
class SpatialDropoutOver final : public SpatialDropoutLayer {
 public:
  using Options = SpatialDropoutOptions;
  explicit SpatialDropoutOver(Options options)
      : SpatialDropoutLayer(axes, axes == 2 ? "SpatialDropout2D" : "SpatialDropout3D", options),
        options_(std::move(options)) {}
  const Options& options() const { return options_; }

 private:
  Options options_;
};
using SpatialDropout2DLayer = SpatialDropoutOver<2>;
using SpatialDropout3DLayer = SpatialDropoutOver<3>;
using SpatialDropout1D = LayerOf<SpatialDropout1DLayer>;
using SpatialDropout2D = LayerOf<SpatialDropout2DLayer>;
using SpatialDropout3D = LayerOf<SpatialDropout3DLayer>;

struct GaussianNoiseOptions {
  double stddev = 0;
  std::optional<int64_t> seed = {};
};
class GaussianNoiseLayer final : public Layer {
 public:
  using Options = GaussianNoiseOptions;
  explicit GaussianNoiseLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using GaussianNoise = LayerOf<GaussianNoiseLayer>;

struct GaussianDropoutOptions {
  double rate = 0;  // the draw's variance is rate / (1 - rate)
  std::optional<int64_t> seed = {};
};
class GaussianDropoutLayer final : public Layer {
 public:
  using Options = GaussianDropoutOptions;
  explicit GaussianDropoutLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using GaussianDropout = LayerOf<GaussianDropoutLayer>;

struct AlphaDropoutOptions {
  double rate = 0;
  std::optional<Shape> noise_shape = {};
  std::optional<int64_t> seed = {};
};
class AlphaDropoutLayer final : public Layer {
 public:
  using Options = AlphaDropoutOptions;
  explicit AlphaDropoutLayer(Options options);
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using AlphaDropout = LayerOf<AlphaDropoutLayer>;

}  // namespace tutti
