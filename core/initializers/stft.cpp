#include "core/initializers/stft.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

#include "core/base/error.h"

namespace tutti {
namespace {

// Sums of cosines: their coefficients (Harris, 1978; Nuttall, 1981; D'Antona and Ferrero, 2006).
const std::map<std::string, std::vector<double>>& cosine_windows() {
  static const std::map<std::string, std::vector<double>> windows = {
      {"boxcar", {1.0}},
      {"hann", {0.5, 0.5}},
      {"hamming", {0.54, 0.46}},
      {"blackman", {0.42, 0.50, 0.08}},
      {"nuttall", {0.3635819, 0.4891775, 0.1365995, 0.0106411}},
      {"blackmanharris", {0.35875, 0.48829, 0.14128, 0.01168}},
      {"flattop", {0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368}},
  };
  return windows;
}

std::vector<std::string> window_names() {
  std::vector<std::string> names = {"bartlett"};
  for (const auto& [name, unused] : cosine_windows()) names.push_back(name);
  return names;
}

const std::vector<std::string> kStftSides = {"real", "imag"};
const std::vector<std::string> kStftScalings = {"density", "spectrum"};

void check_stft(const char* name, const std::string& word, const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), word) == words.end())
    fail("STFT", "{} '{}' is unknown{}; use {}", name, word, did_you_mean(word, words),
         fmt::join(words, ", "));
}

}  // namespace

std::vector<double> window_of(const std::string& name, int64_t length, bool periodic) {
  check_stft("window", name, window_names());
  const auto last = static_cast<double>(periodic ? length : length - 1);
  std::vector<double> window;
  for (int64_t i = 0; i < length; ++i) {
    const double at = static_cast<double>(i);
    double value = 0;
    if (length == 1) {
      value = 1;
    } else if (name == "bartlett") {
      value = 1.0 - std::abs(2.0 * at / last - 1.0);
    } else {
      const double angle = 2.0 * std::numbers::pi * at / last - std::numbers::pi;
      const auto& terms = cosine_windows().at(name);
      for (size_t k = 0; k < terms.size(); ++k)
        value += terms[k] * std::cos(static_cast<double>(k) * angle);
    }
    window.push_back(value);
  }
  return window;
}

STFT::STFT(Options options) : options_(std::move(options)) {
  check_stft("side", options_.side, kStftSides);
  if (options_.window) check_stft("window", *options_.window, window_names());
  if (options_.scaling) check_stft("scaling", *options_.scaling, kStftScalings);
}

Tensor STFT::operator()(const Shape& shape, DType dtype) const {
  if (shape.rank() != 3 || shape[2] < 2)
    fail("STFT",
         "initializes (frame length, 1, 2 frequencies or more), got {}; use another "
         "initializer",
         to_string(shape));
  const int64_t frame = shape[0], channels = shape[1], frequencies = shape[2];
  std::vector<double> window(static_cast<size_t>(frame), 1.0);
  double scale = 1;
  if (options_.window) {
    window = window_of(*options_.window, frame, options_.periodic);
    double squares = 0, sum = 0;
    for (const double w : window) squares += w * w, sum += std::abs(w);
    if (options_.scaling) scale = *options_.scaling == "density" ? std::sqrt(squares) : sum;
  }
  const auto length = static_cast<double>(2 * (frequencies - 1));
  int64_t next = 0;
  return fill_from(shape, dtype, [&] {
    const int64_t frequency = next % frequencies, time = next / (frequencies * channels);
    ++next;
    const double angle = -2.0 * std::numbers::pi * static_cast<double>(time * frequency) / length;
    const double wave = options_.side == "real" ? std::cos(angle) : std::sin(angle);
    return wave * window[static_cast<size_t>(time)] / scale;
  });
}

TUTTI_REGISTER(Initializer, STFT, "STFT", "a short-time Fourier transform as a kernel")
    .choice("side", &STFTOptions::side, kStftSides, "its real or its imaginary part")
    .argument("window", &STFTOptions::window, "how samples of a frame count; null: alike")
    .argument("scaling", &STFTOptions::scaling, "density, spectrum; null: none")
    .argument("periodic", &STFTOptions::periodic, "a window for frames that follow each other")
    .alias("STFTInitializer");

}  // namespace tutti
