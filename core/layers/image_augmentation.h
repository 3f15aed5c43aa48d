// What the layers that change images at random share.
//
// Keras's two steps: `get_random_transformation` draws, `transform_images` computes from what was
// drawn. Every draw is of a row: a row's transformation depends on its own draws alone, where Keras
// draws once for the batch (RandomCrop, RandomGaussianBlur, RandomElasticTransform, CutMix, AugMix,
// RandAugment). Draws follow from the seed, the step and the row, so that no world shows. They act
// while training, unless a layer says otherwise. Images alone: Keras's dictionaries of labels,
// bounding boxes and segmentation masks are refused.
#pragma once

#include <map>
#include <memory>

#include "core/layers/layer.h"
#include "core/layers/spatial.h"
#include "core/tensor/number_array.h"

namespace tutti {

// What was drawn, by Keras's names: of each row, (rows, 1, 1, k) or as large as the images. Names
// of an inner layer's draws stand behind its own: "random_hue.factor".
using Transformation = std::map<std::string, Value>;
// Those behind `layer`, without it; and the other way round, put into `whole`.
Transformation inner(const Transformation& whole, const std::string& layer);
void add_inner(Transformation& whole, const std::string& layer, const Transformation& drawn);

struct Interval {
  double lower, upper;
};

// Keras's arguments "a number or a list of two". Each throws "[layer] ..." in Keras's words.
//   factor_within     f is [max(-|f|, lowest), |f|]; of two numbers only the ends are checked
//   factor_around     f is [-|f|, |f|]; `range` is how the message writes the bounds
//   factor_up_to_one  f is [0, f]
Interval factor_within(const NumberArray& factor, Interval bounds, const char* layer,
                       const char* name = "factor");
Interval factor_around(const NumberArray& factor, Interval bounds, const char* layer,
                       const char* name, const char* arguments, const char* range);
Interval factor_up_to_one(const NumberArray& factor, const char* layer, const char* name);
// In ascending order.
Interval value_interval(const std::vector<double>& value_range, const char* layer);

class ImageAugmentationLayer : public Layer {
 public:
  // Images are (rows, height, width, channels), whatever the layer's data_format is.
  virtual Transformation get_random_transformation(const Value& images) const {
    return (void)images, Transformation();
  }
  virtual Value transform_images(const Value& images, const Transformation& drawn) const = 0;
  // What stands in their place when not training.
  virtual Value transform_in_inference(const Value& images) const { return images; }
  virtual const std::optional<std::string>& data_format() const = 0;

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  virtual std::optional<uint64_t> seed() const { return std::nullopt; }
  // (rows, 1, 1, columns), of each row.
  Value uniform(const Value& images, Interval interval, int64_t columns = 1) const;
  // Whether a row is changed: true with a probability that is drawn itself.
  Value chance(const Value& images, Interval probability) const;
};

// Of a layer's options, which hold `data_format` and, where it draws, `seed`.
template <typename O>
class ImageAugmentationOf : public ImageAugmentationLayer {
 public:
  using Options = O;
  const Options& options() const { return options_; }
  const std::optional<std::string>& data_format() const override { return options_.data_format; }

 protected:
  ImageAugmentationOf(Options options, const char* name) : options_(std::move(options)) {
    check_data_format(options_.data_format, name);
  }
  std::optional<uint64_t> seed() const override {
    if constexpr (requires { options_.seed; })
      if (options_.seed) return static_cast<uint64_t>(*options_.seed);
    return std::nullopt;
  }

  Options options_;
};

// What their registrations declare alike.
inline constexpr auto declare_data_format = [](auto& builder) {
  using O = typename std::remove_reference_t<decltype(builder)>::Options;
  builder.argument("data_format", &O::data_format, "channels_last or channels_first");
};
inline constexpr auto declare_draws = [](auto& builder) {
  using O = typename std::remove_reference_t<decltype(builder)>::Options;
  builder.argument("seed", &O::seed, "of the draws; none: the job's").with(declare_data_format);
};
inline constexpr auto declare_value_range = [](auto& builder) {
  using O = typename std::remove_reference_t<decltype(builder)>::Options;
  builder.argument("value_range", &O::value_range, "the lowest and the highest value of images");
};

// Column i of a draw, (rows, 1, 1, 1).
Value column(const Value& drawn, int64_t i);
// Values from one range to another, and within a range.
Value rescaled(const Value& images, Interval from, Interval to);
Value clipped(const Value& images, Interval range);
// 0.2989 red + 0.587 green + 0.114 blue; of one channel: itself. Throws of any other number.
Value rgb_to_grayscale(const Value& images, const std::string& where);

}  // namespace tutti
