// MelSpectrogram: how strong the bands of the mel scale are in each part of a signal.
//
// (rows, time) -> (rows, bands, frames), or of each channel (rows, channels, time). Frames are
// centred: the signal is reflected at its ends. With power_to_db bands more than top_db below the
// strongest of the whole batch are raised to that.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct MelSpectrogramOptions {
  int64_t fft_length = 2048;
  int64_t sequence_stride = 512;
  std::optional<int64_t> sequence_length = {};  // samples of a frame; none: fft_length
  std::string window = "hann";
  double sampling_rate = 16000;  // samples of a second
  int64_t num_mel_bins = 128;
  double min_freq = 20;
  std::optional<double> max_freq = {};  // none: half the rate
  bool power_to_db = true;
  double top_db = 80;
  double mag_exp = 2;  // of the magnitude: 2 is power
  double min_power = 1e-10;
  double ref_power = 1;
};

class MelSpectrogramLayer final : public Layer {
 public:
  using Options = MelSpectrogramOptions;
  explicit MelSpectrogramLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Value magnitudes(
      const Value& signal) const;  // (rows, channels, time) -> (.., frames, frequencies)
  Value decibels(const Value& power) const;

  Options options_;
};
using MelSpectrogram = LayerOf<MelSpectrogramLayer>;

}  // namespace tutti
