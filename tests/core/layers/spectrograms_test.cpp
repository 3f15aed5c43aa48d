// Spectrograms against Keras; what they refuse.
#include <gmock/gmock.h>

#include "core/layers/input_layer.h"
#include "core/layers/mel_spectrogram.h"
#include "core/layers/stft_spectrogram.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/keras_layer_conformance.h"

namespace tutti {
namespace {

const test::EnterLayer kSpectrograms[] = {
    {"STFTSpectrogram",
     {.arguments = {{"frame_length", 4}, {"mode", "stft"}}, .inputs = {{5, 9, 2}}}},
    // Without a floor below the strongest of the batch, which is no row's own.
    {"MelSpectrogram",
     {.arguments = {{"fft_length", 8},
                    {"sequence_stride", 4},
                    {"num_mel_bins", 2},
                    {"sampling_rate", 100},
                    {"top_db", 1000}},
      .inputs = {{5, 12}}}},
};

TEST(Spectrograms, EqualKeras) { test::expect_layers_equal_keras("spectrograms"); }

TEST(Spectrograms, RefuseWhatTheyCannotDo) {
  const auto refused = [](auto&& call) { return test::error_of(call); };
  EXPECT_THAT(refused([] { STFTSpectrogram({.frame_length = 4, .frame_step = 5}); }),
              testing::HasSubstr("frame_step is 5; use 1 to frame_length 4"));
  EXPECT_THAT(refused([] { STFTSpectrogram({.window = "han"}); }),
              testing::HasSubstr("did you mean 'hann'"));
  EXPECT_THAT(refused([] { MelSpectrogram()(Input({100})); }),
              testing::HasSubstr("use a smaller fft_length"));
  EXPECT_THAT(refused([] { MelSpectrogram({.min_freq = 9000}); }),
              testing::HasSubstr("bands from 9000"));
}

}  // namespace
}  // namespace tutti
