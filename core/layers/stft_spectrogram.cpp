#include "core/layers/stft_spectrogram.h"

#include "core/base/error.h"
#include "core/initializers/stft.h"
#include "core/layers/spatial.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/pad.h"
#include "core/ops/patches.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

constexpr int64_t kMostSamples = int64_t{1} << 24;  // of a frame
constexpr double kEpsilon = 1e-7;                   // Keras's
const std::vector<std::string> kModes = {"log",  "magnitude", "psd", "real",
                                         "imag", "angle",     "stft"};

}  // namespace

STFTSpectrogramLayer::STFTSpectrogramLayer(Options options) : options_(std::move(options)) {
  const auto& o = options_;
  const char* where = "STFTSpectrogram";
  if (o.frame_length < 2 || o.frame_length > kMostSamples)
    fail(where, "frame_length is {}; use 2 to 2^24", o.frame_length);
  if (step() < 1 || step() > o.frame_length)
    fail(where, "frame_step is {}; use 1 to frame_length {}", step(), o.frame_length);
  if (const int64_t fft = o.fft_length.value_or(o.frame_length);
      fft < o.frame_length || fft > kMostSamples)
    fail(where, "fft_length is {}; use frame_length {} to 2^24", fft, o.frame_length);
  check_padding(o.padding, where);
  check_data_format(o.data_format, where);
  STFT({"real", o.window, o.scaling, o.periodic});  // knows its words
}

void STFTSpectrogramLayer::build(const std::vector<Shape>& inputs) {
  spatial_shape(inputs.at(0), options_.data_format, 1, where());
  const auto& o = options_;
  int64_t length = 1;
  while (length < o.frame_length) length *= 2;
  const Shape shape{o.frame_length, 1, o.fft_length.value_or(length) / 2 + 1};
  const auto kernel = [&](const char* name, const char* side) {
    return add_weight(name, shape, STFT({side, o.window, o.scaling, o.periodic}));
  };
  if (o.mode != "imag") real_ = kernel("real_kernel", "real");
  if (o.mode != "real") imaginary_ = kernel("imag_kernel", "imag");
}

Value STFTSpectrogramLayer::seen_by(const VariablePtr& kernel, const Value& signal) const {
  // Channels as an axis of images that windows do not span.
  const int64_t channels = signal.shape()[1], time = signal.shape()[2];
  const Windows windows = padded_windows({channels, time}, {1, options_.frame_length}, {1, step()},
                                         {1, 1}, options_.padding);
  const Value frames = squeeze(patches(expand_dims(signal, -1), windows), -1);
  return matmul(frames, squeeze(kernel->read(), 1));
}

Value STFTSpectrogramLayer::transformed(const Value& signal) const {
  const Value real = real_ ? seen_by(real_, signal) : Value();
  const Value imaginary = imaginary_ ? seen_by(imaginary_, signal) : Value();
  const auto& mode = options_.mode;
  if (mode == "real") return real;
  if (mode == "imag") return imaginary;
  if (mode == "angle") return arctan2(imaginary, real);
  if (mode == "stft") return concatenate({real, imaginary});
  const Value power = square(real) + square(imaginary);
  if (mode == "psd") {  // frequencies between the first and the last stand for two
    const int64_t last = power.shape()[-1] - 1;
    return power + pad(slice(power, 3, 1, last), {0, 0, 0, 1}, {0, 0, 0, 1});
  }
  const Value magnitude = sqrt(maximum(power, kEpsilon));
  return mode == "magnitude" ? magnitude : log(maximum(magnitude, kEpsilon));
}

std::vector<Value> STFTSpectrogramLayer::call(const std::vector<Value>& inputs) {
  const auto& format = options_.data_format;
  const bool first = format == "channels_first";
  const Value x = to_dtype(only(inputs));
  spatial_shape(x.shape(), format, 1, where());
  const Value y = transformed(first ? x : transpose(x, {0, 2, 1}));
  if (options_.expand_dims) return {first ? y : transpose(y, {0, 2, 3, 1})};
  const int64_t channels = y.shape()[1], frames = y.shape()[2], all = channels * y.shape()[3];
  if (first) return {reshape(transpose(y, {0, 1, 3, 2}), {x.shape()[0], all, frames})};
  return {reshape(transpose(y, {0, 2, 1, 3}), {x.shape()[0], frames, all})};
}

TUTTI_REGISTER(Layer, STFTSpectrogramLayer, "STFTSpectrogram",
               "the frequencies of each part of a signal")
    .choice("mode", &STFTSpectrogramOptions::mode, kModes, "what is told of a frequency")
    .argument("frame_length", &STFTSpectrogramOptions::frame_length, "samples of a frame")
    .argument("frame_step", &STFTSpectrogramOptions::frame_step,
              "samples to the next frame; null: half a frame")
    .argument("fft_length", &STFTSpectrogramOptions::fft_length,
              "decides how many frequencies; null: the next power of two")
    .argument("window", &STFTSpectrogramOptions::window,
              "how samples of a frame count; null: alike")
    .argument("periodic", &STFTSpectrogramOptions::periodic, "a window for frames that follow")
    .argument("scaling", &STFTSpectrogramOptions::scaling, "density, spectrum; null: none")
    .argument("padding", &STFTSpectrogramOptions::padding,
              "valid, or same: zeros around the signal")
    .argument("expand_dims", &STFTSpectrogramOptions::expand_dims, "as images of frequencies")
    .argument("data_format", &STFTSpectrogramOptions::data_format,
              "channels_last or channels_first");

}  // namespace tutti
