// STFT: the real or the imaginary part of a short-time Fourier transform, as the kernel of a
// convolution over samples: (frame length, 1, frequencies).
#pragma once

#include <string>

#include "core/initializers/initializer.h"

namespace tutti {

struct STFTOptions {
  std::string side = "real";
  std::optional<std::string> window = "hann";      // none: samples count alike
  std::optional<std::string> scaling = "density";  // density, spectrum
  bool periodic = false;
};

class STFT final : public Initializer {
 public:
  using Options = STFTOptions;
  explicit STFT(Options options = {});
  Tensor operator()(const Shape& shape, DType dtype) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// A window of scipy.signal.get_window: boxcar, hann, hamming, blackman, nuttall, blackmanharris,
// flattop, bartlett. Periodic ones are those of length + 1 without their last element.
std::vector<double> window_of(const std::string& name, int64_t length, bool periodic);

}  // namespace tutti
