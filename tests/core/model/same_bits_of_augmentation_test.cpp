// The same bits on any number of ranks and threads of what augments images, mixing rows included.
#include "core/layers/dense.h"
#include "core/layers/geometric_augmentation.h"
#include "core/layers/mixing_augmentation.h"
#include "core/layers/reshaping.h"
#include "core/model/sequential.h"
#include "tests/conformance/graph_runner.h"
#include "tests/core/model/world_runner.h"

namespace tutti {
namespace {

test::Record augmented_training() {
  const std::vector<double> range{-2, 2};
  Sequential model({Reshape({4, 4, 3}), RandomFlip(), RandomRotation(0.2),
                    RandomElasticTransform({.value_range = range}), RandomCrop(3, 3),
                    RandomErasing({.value_range = range}), MixUp(), CutMix(), Flatten(), Dense(2)});
  model.compile({.optimizer = "adam", .loss = "mse", .metrics = {"mae"}});
  const Tensor x = test::sample_tensor({50, 48}, DType::f32);
  const Tensor y = test::sample_tensor({50, 2}, DType::f32, /*salt=*/5);
  FitOptions options;
  options.epochs = 2, options.batch_size = 21, options.verbose = 0;
  return test::record_of(model, model.fit(x, y, options));
}

TEST(SameBitsOfAugmentation, OfEveryKindOfDraw) {
  const test::Record alone = test::run_on(1, 1, 8, augmented_training);
  for (const int world : {1, 2, 3, 7})
    EXPECT_EQ(test::difference(test::run_on(world, 2, 8, augmented_training), alone), "")
        << world << " ranks";
  // What mixes rows keeps all of them: splitting a step need not save memory, and may not show.
  for (const int world : {1, 3}) {
    const auto run = test::run_short_of_memory(world, 8, augmented_training, /*memory=*/1);
    EXPECT_EQ(test::difference(run.record, alone), "") << world << " ranks, short of memory";
  }
}

}  // namespace
}  // namespace tutti
