// ZeroPadding1D .. ZeroPadding3D and Cropping1D .. Cropping3D: elements added to, or taken from,
// both ends of the spatial axes.
#pragma once

#include <array>

#include "core/layers/layer.h"
#include "core/layers/spatial.h"

namespace tutti {

// How many elements at each end: one number for all ends, one per axis for both of its ends (of one
// axis: its two ends), or a pair per axis. As Keras's: 1, {1, 2}, {{0, 1}, {2, 3}}.
class Borders {
 public:
  template <typename T>
  requires std::is_integral_v<T> Borders(T all) : Borders(Config(static_cast<int64_t>(all))) {}
  Borders(std::initializer_list<int64_t> per_axis);
  Borders(std::initializer_list<std::array<int64_t, 2>> per_end);
  explicit Borders(Config given) : given_(std::move(given)) {}

  const Config& given() const { return given_; }
  // A pair per axis; throws "[where] name ..." for anything else.
  std::vector<std::array<int64_t, 2>> of(size_t axes, const char* where, const char* name) const;

 private:
  Config given_;
};
inline std::string type_name(const Borders*) { return "int, list of int or list of pairs"; }
inline void read_config(const Config& config, Borders& out) { out = Borders(config); }
inline Config write_config(const Borders& borders) { return borders.given(); }

struct ZeroPaddingOptions {
  Borders padding = 1;
  std::optional<std::string> data_format = {};
};

class ZeroPaddingLayer : public Layer {
 public:
  using Options = ZeroPaddingOptions;
  const Options& options() const { return options_; }

 protected:
  ZeroPaddingLayer(size_t axes, const char* name, Options options);
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  size_t axes_;
  Options options_;
  std::vector<std::array<int64_t, 2>> borders_;
};

template <int axes>
struct CroppingOptions {
  Borders cropping = axes == 2 ? 0 : 1;
  std::optional<std::string> data_format = {};
};

class CroppingLayer : public Layer {
 protected:
  CroppingLayer(size_t axes, const char* name, const Borders& cropping,
                std::optional<std::string> data_format);
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  size_t axes_;
  std::optional<std::string> data_format_;
  std::vector<std::array<int64_t, 2>> borders_;
};

#define TUTTI_BORDER_LAYERS(axes)                                                           \
  class ZeroPadding##axes##DLayer final : public ZeroPaddingLayer {                         \
   public:                                                                                  \
    explicit ZeroPadding##axes##DLayer(Options options)                                     \
        : ZeroPaddingLayer(axes, "ZeroPadding" #axes "D", std::move(options)) {}            \
  };                                                                                        \
  using ZeroPadding##axes##D = LayerOf<ZeroPadding##axes##DLayer>;                          \
  class Cropping##axes##DLayer final : public CroppingLayer {                               \
   public:                                                                                  \
    using Options = CroppingOptions<axes>;                                                  \
    explicit Cropping##axes##DLayer(Options options)                                        \
        : CroppingLayer(axes, "Cropping" #axes "D", options.cropping, options.data_format), \
          options_(std::move(options)) {}                                                   \
    const Options& options() const { return options_; }                                     \
                                                                                            \
   private:                                                                                 \
    Options options_;                                                                       \
  };                                                                                        \
  using Cropping##axes##D = LayerOf<Cropping##axes##DLayer>

TUTTI_BORDER_LAYERS(1);
TUTTI_BORDER_LAYERS(2);
TUTTI_BORDER_LAYERS(3);
#undef TUTTI_BORDER_LAYERS

}  // namespace tutti
