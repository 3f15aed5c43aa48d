// A training that returns to its newest checkpoint when a step goes wrong, and checkpoints that no
// NaN gets into.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/callbacks/terminate_on_nan.h"
#include "core/layers/dense.h"
#include "core/model/sequential.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/sgd.h"
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/checkpointing.h"
#include "tests/core/model/waves.h"
#include "tests/core/model/world_runner.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;
using test::difference, test::Record, test::wave;
using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "tutti_on_nan_XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path); }
  fs::path path;
};

// Four batches of 16; with a NaN in the third.
Record trained(const std::string& on_nan, const std::string& folder, int64_t epochs,
               int64_t every_steps) {
  Sequential model({Dense(5, "tanh"), Dense(2)});
  model.compile({.optimizer = Adam({.learning_rate = 0.05}), .loss = "mse"});
  const Tensor x = wave({64, 4}, 0.37, 0.1), y = wave({64, 2}, 0.23, 0.5);
  x.data<float>()[37 * 4 + 1] = static_cast<float>(kNan);
  FitOptions fit{.epochs = epochs, .batch_size = 16, .verbose = 0, .shuffle = false};
  fit.on_nan = on_nan;
  if (!folder.empty())
    fit.callbacks = {std::make_shared<Checkpointing>(
        CheckpointingOptions{.folder = folder, .every_steps = every_steps})};
  return test::record_of(model, model.fit(x, y, fit));
}

// The batch is left out wherever the ranks return to, so that it is as if it were skipped.
TEST(Rollback, ReturnsToTheNewestCheckpointAndLeavesTheBatchOut) {
  testing::internal::CaptureStderr();
  const Record skipped = test::run_on(1, 1, 4, [] { return trained("skip", "", 3, 0); });
  for (const int world : {1, 2, 3})
    for (const int64_t every : {1, 2, 5}) {
      SCOPED_TRACE(fmt::format("{} ranks, every {} steps", world, every));
      const Scratch folder;
      if (every == 5) {  // the first of them is wrong before any is saved
        EXPECT_THROW(
            test::run_on(1, 1, 4, [&] { return trained("rollback", folder.path, 3, every); }),
            Error);
        continue;
      }
      EXPECT_EQ(difference(test::run_on(world, 2, 4,
                                        [&] { return trained("rollback", folder.path, 3, every); }),
                           skipped),
                "");
    }
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("to go on without that batch (on_nan rollback: 3 of 3)"));
}

TEST(Rollback, IsTriedThreeTimes) {
  testing::internal::CaptureStderr();
  const Scratch folder;
  try {
    test::run_on(1, 1, 4, [&] { return trained("rollback", folder.path, 4, 2); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::numerics);
    EXPECT_THAT(error.what(), HasSubstr("step 15 (epoch 4, batch 3): the loss is nan"));
    EXPECT_THAT(error.what(), HasSubstr("after 3 returns to a saved state"));
  }
  testing::internal::GetCapturedStderr();
}

// A weight that runs away, looked at by nobody but a callback that comes too late.
int64_t saved_step(const std::string& on_nan) {
  const Scratch folder;
  clear_session();
  Sequential model({Dense({.units = 1, .use_bias = false})});
  model.compile({.optimizer = SGD(1e15), .loss = "mse"});
  const Tensor points = test::column({1, 2, 3, 4});
  FitOptions fit{.epochs = 6, .batch_size = 4, .verbose = 0};
  fit.on_nan = on_nan;
  if (on_nan.empty()) fit.callbacks = {std::make_shared<TerminateOnNaN>()};
  fit.callbacks.push_back(std::make_shared<Checkpointing>(
      CheckpointingOptions{.folder = folder.path, .every_steps = 1}));
  testing::internal::CaptureStderr();
  model.fit(points, points, fit);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(std::isfinite(model.get_weights()[0].item()));
  EXPECT_EQ(log.find("holds NaN or infinity") != std::string::npos, on_nan.empty());
  const auto newest = newest_checkpoint(folder.path);
  if (!newest) return 0;
  const Tensor weight = Tensor::empty({1, 1}, DType::f32);
  newest->read("dense/kernel", 0, weight);
  EXPECT_EQ(std::isfinite(weight.item()), on_nan.empty());
  return newest->step();
}

TEST(Checkpoint, HoldsNoNanUnlessOneSaysSo) {
  EXPECT_LT(saved_step(""), 6);
  EXPECT_GT(saved_step(""), 0);
  EXPECT_EQ(saved_step("ignore"), 6);
}

}  // namespace
}  // namespace tutti
