// STFTSpectrogram: the short-time Fourier transform of a signal, as convolutions with kernels that
// can be trained.
//
// (rows, time, channels) -> (rows, frames, channels x frequencies), channels by themselves; with
// expand_dims (rows, frames, frequencies, channels). channels_first: (rows, channels, time) ->
// (rows, channels x frequencies, frames) or (rows, channels, frames, frequencies).
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct STFTSpectrogramOptions {
  std::string mode = "log";  // log, magnitude, psd, real, imag, angle, stft
  int64_t frame_length = 256;
  std::optional<int64_t> frame_step = {};  // none: half a frame
  std::optional<int64_t> fft_length = {};  // none: the next power of two
  std::optional<std::string> window = "hann";
  bool periodic = false;
  std::optional<std::string> scaling = "density";
  std::string padding = "valid";
  bool expand_dims = false;
  std::optional<std::string> data_format = {};
};

class STFTSpectrogramLayer final : public Layer {
 public:
  using Options = STFTSpectrogramOptions;
  explicit STFTSpectrogramLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool fits(const Shape&, const Shape&) const override { return true; }

 private:
  int64_t step() const { return options_.frame_step.value_or(options_.frame_length / 2); }
  // (rows, channels, frames, frequencies) of the signal (rows, channels, time).
  Value seen_by(const VariablePtr& kernel, const Value& signal) const;
  Value transformed(const Value& signal) const;

  Options options_;
  VariablePtr real_, imaginary_;
};
using STFTSpectrogram = LayerOf<STFTSpectrogramLayer>;

}  // namespace tutti
