#include "core/layers/mel_spectrogram.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/initializers/stft.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/gather_rows.h"
#include "core/ops/matmul.h"
#include "core/ops/patches.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

constexpr int64_t kMostSamples = int64_t{1} << 14;  // of a transform: a matrix of its size is made

double mel_of(double hertz) { return 1127.0 * std::log(1.0 + hertz / 700.0); }

// (frequencies, bands): triangles whose corners are equally far apart in mel, as the Hidden Markov
// Model Toolkit has them; the first frequency counts for none.
Tensor mel_bands(const MelSpectrogramOptions& o, double highest) {
  const int64_t frequencies = o.fft_length / 2 + 1;
  const double lowest_mel = mel_of(o.min_freq);
  const double width = (mel_of(highest) - lowest_mel) / static_cast<double>(o.num_mel_bins + 1);
  std::vector<double> bands(static_cast<size_t>(frequencies * o.num_mel_bins), 0.0);
  for (int64_t f = 1; f < frequencies; ++f) {
    const double hertz =
        o.sampling_rate / 2 * static_cast<double>(f) / static_cast<double>(frequencies - 1);
    for (int64_t band = 0; band < o.num_mel_bins; ++band) {
      const double centre = lowest_mel + width * static_cast<double>(band + 1);
      bands[static_cast<size_t>(f * o.num_mel_bins + band)] =
          std::max(0.0, 1 - std::abs(mel_of(hertz) - centre) / width);
    }
  }
  return Tensor::from(bands, {frequencies, o.num_mel_bins});
}

// (fft_length, 2 x frequencies): real parts, then imaginary ones, of a window in the middle.
Tensor fourier(const MelSpectrogramOptions& o, int64_t length) {
  const int64_t frequencies = o.fft_length / 2 + 1, before = (o.fft_length - length) / 2;
  const auto window = window_of(o.window, length, true);
  std::vector<double> waves(static_cast<size_t>(o.fft_length * 2 * frequencies), 0.0);
  for (int64_t t = 0; t < length; ++t)
    for (int64_t f = 0; f < frequencies; ++f) {
      const int64_t turn = (t + before) * f % o.fft_length;
      const double angle =
          -2 * std::numbers::pi * static_cast<double>(turn) / static_cast<double>(o.fft_length);
      double* at = &waves[static_cast<size_t>((t + before) * 2 * frequencies + f)];
      at[0] = window[static_cast<size_t>(t)] * std::cos(angle);
      at[frequencies] = window[static_cast<size_t>(t)] * std::sin(angle);
    }
  return Tensor::from(waves, {o.fft_length, 2 * frequencies});
}

// The last axis of x backwards.
Value reversed(const Value& x) {
  const int64_t n = x.shape()[-1];
  std::vector<double> turned(static_cast<size_t>(n * n), 0.0);
  for (int64_t i = 0; i < n; ++i) turned[static_cast<size_t>(i * n + n - 1 - i)] = 1;
  return matmul(x, Value(Tensor::from(turned, {n, n}).to(x.dtype())));
}

}  // namespace

MelSpectrogramLayer::MelSpectrogramLayer(Options options) : options_(std::move(options)) {
  const auto& o = options_;
  const char* where = "MelSpectrogram";
  const int64_t length = o.sequence_length.value_or(o.fft_length);
  if (o.fft_length < 2 || o.fft_length > kMostSamples || length < 1 || length > o.fft_length)
    fail(where, "a frame of {} samples for a transform of {}; use 1 to as many, and 2 to 2^14",
         length, o.fft_length);
  if (o.sequence_stride < 1 || o.sequence_stride > INT32_MAX || o.num_mel_bins < 1 ||
      o.num_mel_bins > kMostSamples)
    fail(where, "sequence_stride is {} and num_mel_bins {}; use 1 or more for both, 2^14 at most",
         o.sequence_stride, o.num_mel_bins);
  if (!(o.min_freq >= 0 && o.min_freq < o.max_freq.value_or(std::floor(o.sampling_rate / 2))))
    fail(where, "bands from {} to {} Hz; use 0 or more, rising", o.min_freq,
         o.max_freq.value_or(std::floor(o.sampling_rate / 2)));
  window_of(o.window, 1, true);  // knows its words
}

Value MelSpectrogramLayer::magnitudes(const Value& signal) const {
  const auto& o = options_;
  const int64_t time = signal.shape()[2], around = o.fft_length / 2;
  if (time <= around)
    fail(where(), "a signal of {} samples cannot be reflected by {}; use a smaller fft_length",
         time, around);
  const Value padded = concatenate({reversed(slice(signal, 2, 1, around + 1)), signal,
                                    reversed(slice(signal, 2, time - 1 - around, time - 1))});
  const Windows windows{{1, o.fft_length}, {1, o.sequence_stride}, {1, 1}, {0, 0}, {0, 0}};
  const Value frames = squeeze(patches(expand_dims(padded, -1), windows), -1);
  const Tensor waves = fourier(o, o.sequence_length.value_or(o.fft_length)).to(signal.dtype());
  const auto parts = split(matmul(frames, Value(waves)), 2);
  return sqrt(square(parts[0]) + square(parts[1]));
}

Value MelSpectrogramLayer::decibels(const Value& power) const {
  const auto& o = options_;
  const auto decibel = [&](const Value& x) {
    return log(maximum(x, o.min_power)) * (10 / std::numbers::ln10);
  };
  const Value all = decibel(power) - 10 * std::log10(std::max(std::abs(o.ref_power), o.min_power));
  // The strongest of all rows, not of one.
  const Value strongest = reduce_max(gather_rows(reduce_max(all, {1, 2, 3})));
  return maximum(all, strongest - o.top_db);
}

std::vector<Value> MelSpectrogramLayer::call(const std::vector<Value>& inputs) {
  const auto& o = options_;
  const Value x = to_dtype(only(inputs));
  const int rank = x.shape().rank();
  if (rank != 2 && rank != 3)
    fail(where(), "takes (rows, time) or (rows, channels, time), got {}; reshape it",
         to_string(x.shape()));
  const double highest = o.max_freq.value_or(std::floor(o.sampling_rate / 2));
  Value strength = magnitudes(rank == 2 ? expand_dims(x, 1) : x);
  strength = o.mag_exp == 2 ? square(strength) : pow(strength, o.mag_exp);
  Value y = matmul(strength, Value(mel_bands(o, highest).to(x.dtype())));
  if (o.power_to_db) y = decibels(y);
  y = transpose(y, {0, 1, 3, 2});
  return {rank == 2 ? squeeze(y, 1) : y};
}

TUTTI_REGISTER(Layer, MelSpectrogramLayer, "MelSpectrogram", "mel bands of each part of a signal")
    .argument("fft_length", &MelSpectrogramOptions::fft_length, "decides how many frequencies")
    .argument("sequence_stride", &MelSpectrogramOptions::sequence_stride,
              "samples to the next frame")
    .argument("sequence_length", &MelSpectrogramOptions::sequence_length,
              "samples of a frame; null: fft_length")
    .argument("window", &MelSpectrogramOptions::window, "how samples of a frame count")
    .argument("sampling_rate", &MelSpectrogramOptions::sampling_rate, "samples of a second")
    .argument("num_mel_bins", &MelSpectrogramOptions::num_mel_bins, "bands")
    .argument("min_freq", &MelSpectrogramOptions::min_freq, "of the lowest band, in Hz")
    .argument("max_freq", &MelSpectrogramOptions::max_freq,
              "of the highest band; null: half the sampling rate")
    .argument("power_to_db", &MelSpectrogramOptions::power_to_db, "in decibels")
    .argument("top_db", &MelSpectrogramOptions::top_db, "how far below the strongest, at most")
    .argument("mag_exp", &MelSpectrogramOptions::mag_exp, "of magnitudes: 1, or 2 for power")
    .argument("min_power", &MelSpectrogramOptions::min_power, "what counts as silence")
    .argument("ref_power", &MelSpectrogramOptions::ref_power, "what is 0 decibels");

}  // namespace tutti
