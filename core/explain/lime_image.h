// LIME for images: which superpixels decide.
#pragma once

#include "core/explain/lime.h"
#include "core/explain/segmentation.h"

namespace tutti {

struct LimeImageOptions {
  double kernel_width = 0.25;  // of the cosine distance
  std::string feature_selection = "auto";
  std::optional<double> hide_color = std::nullopt;  // of a hidden superpixel; else its mean colour
  int64_t batch_size = 32;                          // images that the model sees at a time
  uint64_t seed = 0;
};

class LimeImageExplainer {
 public:
  explicit LimeImageExplainer(LimeImageOptions options = {}) : options_(std::move(options)) {}

  // `image` is (height, width, channels); a feature is a segment. By default all of them are kept.
  std::vector<LimeExplanation> explain_instance(const Tensor& image, const PredictFunction& predict,
                                                const Segments& segments,
                                                const LimeRequest& request = {
                                                    {0}, 5, 100'000, 1000}) const;
  // From masks drawn by anybody (samples, segments); row 0 is all ones.
  std::vector<LimeExplanation> explain_masks(const Tensor& image, const PredictFunction& predict,
                                             const Segments& segments, const Matrix& masks,
                                             const LimeRequest& request) const;

 private:
  LimeImageOptions options_;
};

}  // namespace tutti
