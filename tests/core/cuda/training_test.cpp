// A whole training on the GPU: the numbers of the CPU, and the same bits every time.
#include <map>

#include "core/base/seed.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/model/sequential.h"
#include "core/model/world.h"
#include "io/datasets/shipped.h"
#include "tests/core/cuda/device_run.h"

namespace tutti {
namespace {

struct Trained {
  uint64_t digest = 0;
  std::vector<Tensor> weights;
  std::vector<double> losses, accuracies;
};

Config optimizer_of(const std::string& name, double rate) {
  return Config(Config::Map{{name, Config(Config::Map{{"learning_rate", rate}})}});
}

Trained train_digits(Device& device, const Config& optimizer, bool dropped = false) {
  clear_session();
  set_random_seed(7);
  World place;
  place.device = &device;
  const WorldScope scope(place);
  const Dataset digits = datasets::digits().slice_rows(0, 1000);
  Tensor x = digits.features().clone();
  for (float& pixel : x.span<float>()) pixel /= 16;
  Sequential model;
  model.add(Dense(64, "relu"));
  if (dropped) model.add(Dropout(0.2));
  model.add(Dense(32, "tanh"));
  model.add(Dense(10));
  model.compile(
      {.optimizer = optimizer,
       .loss = Ref<Loss>(Config(Config::Map{
           {"SparseCategoricalCrossentropy", Config(Config::Map{{"from_logits", true}})}})),
       .metrics = {"accuracy"}});
  FitOptions fit;
  fit.epochs = 2;
  fit.batch_size = 96;  // the last batch is odd
  fit.verbose = 0;
  const History history = model.fit(x, digits.labels(), fit);
  return {model.digest(), model.get_weights(), history["loss"], history["accuracy"]};
}

void expect_agreement(const Trained& gpu, const Trained& cpu, double tolerance) {
  ASSERT_EQ(gpu.weights.size(), cpu.weights.size());
  for (size_t i = 0; i < cpu.weights.size(); ++i) {
    SCOPED_TRACE("weight " + std::to_string(i));
    test::expect_near(gpu.weights[i], cpu.weights[i], tolerance);
  }
  for (size_t epoch = 0; epoch < cpu.losses.size(); ++epoch)
    EXPECT_NEAR(gpu.losses[epoch], cpu.losses[epoch], tolerance * cpu.losses[epoch]);
}

TEST(CudaTraining, TheDigitsAgreeWithTheCpu) {
  TUTTI_NEED_CUDA();
  const Config optimizer = optimizer_of("SGD", 0.1);
  expect_agreement(train_digits(cuda_device(), optimizer), train_digits(cpu_device(), optimizer),
                   1e-5);
}

// Adam divides a gradient by its own size, so a rounding of a tiny gradient is a step like any
// other.
TEST(CudaTraining, TheDigitsWithAdamAndDropoutAgreeWithTheCpu) {
  TUTTI_NEED_CUDA();
  const Config optimizer = optimizer_of("Adam", 0.001);
  expect_agreement(train_digits(cuda_device(), optimizer, true),
                   train_digits(cpu_device(), optimizer, true), 2e-3);
}

TEST(CudaTraining, GivesTheSameBitsEveryTime) {
  TUTTI_NEED_CUDA();
  const Config optimizer = optimizer_of("Adam", 0.001);
  const Trained first = train_digits(cuda_device(), optimizer, true);
  for (int run = 0; run < 3; ++run) {
    const Trained again = train_digits(cuda_device(), optimizer, true);
    EXPECT_EQ(again.digest, first.digest);
    EXPECT_EQ(again.losses, first.losses);
    EXPECT_EQ(again.accuracies, first.accuracies);
  }
  EXPECT_NE(train_digits(cuda_device(), optimizer, false).digest, first.digest);
}

}  // namespace
}  // namespace tutti
