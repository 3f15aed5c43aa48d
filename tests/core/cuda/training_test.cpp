// A whole training on the GPU: the numbers of the CPU, and the same bits every time.
#include "core/base/seed.h"
#include "core/layers/convolution.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/embedding.h"
#include "core/layers/input_layer.h"
#include "core/layers/merging.h"
#include "core/layers/multi_head_attention.h"
#include "core/layers/pooling.h"
#include "core/layers/reshaping.h"
#include "core/layers/row_normalizations.h"
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

// The last batch of an epoch is odd.
Trained fit_digits(Model& model, const Tensor& x, const Tensor& labels, const Config& optimizer) {
  model.compile(
      {.optimizer = optimizer,
       .loss = Ref<Loss>(Config(Config::Map{
           {"SparseCategoricalCrossentropy", Config(Config::Map{{"from_logits", true}})}})),
       .metrics = {"accuracy"}});
  FitOptions fit;
  fit.epochs = 2;
  fit.batch_size = 96;
  fit.verbose = 0;
  const History history = model.fit(x, labels, fit);
  return {model.digest(), model.get_weights(), history["loss"], history["accuracy"]};
}

// Calls lesson(features, labels) of the first `rows` digits, with a new session on the device.
template <typename Lesson>
Trained train_on(Device& device, int64_t rows, const Lesson& lesson) {
  clear_session();
  set_random_seed(7);
  World place;
  place.device = &device;
  const WorldScope scope(place);
  const Dataset digits = datasets::digits().slice_rows(0, rows);
  return lesson(digits.features().clone(), digits.labels());
}

Trained train_dense(Device& device, const Config& optimizer, bool dropped = false) {
  return train_on(device, 1000, [&](Tensor x, const Tensor& labels) {
    for (float& pixel : x.span<float>()) pixel /= 16;
    Sequential model;
    model.add(Dense(64, "relu"));
    if (dropped) model.add(Dropout(0.2));
    model.add(Dense(32, "tanh"));
    model.add(Dense(10));
    return fit_digits(model, x, labels, optimizer);
  });
}

Trained train_convolutional(Device& device, const Config& optimizer) {
  return train_on(device, 400, [&](Tensor x, const Tensor& labels) {
    for (float& pixel : x.span<float>()) pixel /= 16;
    Sequential model({Conv2D({.filters = 8, .kernel_size = 3, .padding = "same"}), MaxPooling2D(),
                      Conv2D({.filters = 12, .kernel_size = 3, .activation = "tanh"}), Flatten(),
                      Dense(10)});
    return fit_digits(model, x.reshape({400, 8, 8, 1}), labels, optimizer);
  });
}

// Reads the 64 pixels as words, of which there are 17.
Trained train_attention(Device& device, const Config& optimizer, double dropped = 0) {
  return train_on(device, 300, [&](const Tensor& x, const Tensor& labels) {
    const Value words = Input({64}, "", DType::i64);
    Value y = Embedding(17, 16)(words);
    const Value seen =
        MultiHeadAttention({.num_heads = 2, .key_dim = 8, .dropout = dropped})(std::vector{y, y});
    y = LayerNormalization()(Add()(std::vector{y, seen}));
    y = LayerNormalization()(Add()(std::vector{y, Dense(16)(Dense(24, "gelu")(y))}));
    Model model(words, Dense(10)(Flatten()(y)));
    return fit_digits(model, x.to(DType::i64), labels, optimizer);
  });
}

void expect_agreement(const Trained& gpu, const Trained& cpu, double tolerance) {
  ASSERT_EQ(gpu.weights.size(), cpu.weights.size());
  for (size_t i = 0; i < cpu.weights.size(); ++i) {
    SCOPED_TRACE("weight " + std::to_string(i));
    // What rounding alone moves, as the bias of attention's keys, is compared with other weights.
    test::expect_near(gpu.weights[i], cpu.weights[i], tolerance, 1e-4);
  }
  for (size_t epoch = 0; epoch < cpu.losses.size(); ++epoch)
    EXPECT_NEAR(gpu.losses[epoch], cpu.losses[epoch], tolerance * cpu.losses[epoch]);
}

TEST(CudaTraining, TheDigitsAgreeWithTheCpu) {
  TUTTI_NEED_CUDA();
  const Config optimizer = optimizer_of("SGD", 0.1);
  expect_agreement(train_dense(cuda_device(), optimizer), train_dense(cpu_device(), optimizer),
                   1e-5);
}

// Adam divides a gradient by its own size, so a rounding of a tiny gradient is a step like any
// other.
TEST(CudaTraining, TheDigitsWithAdamAndDropoutAgreeWithTheCpu) {
  TUTTI_NEED_CUDA();
  const Config optimizer = optimizer_of("Adam", 0.001);
  expect_agreement(train_dense(cuda_device(), optimizer, true),
                   train_dense(cpu_device(), optimizer, true), 2e-3);
}

// Of two that are equal but for rounding, the other may be the maximum: its gradient goes to other
// pixels then.
TEST(CudaTraining, AConvolutionalNetAgreesWithTheCpu) {
  TUTTI_NEED_CUDA();
  const Config optimizer = optimizer_of("SGD", 0.05);
  expect_agreement(train_convolutional(cuda_device(), optimizer),
                   train_convolutional(cpu_device(), optimizer), 1e-3);
}

TEST(CudaTraining, ATransformerAgreesWithTheCpu) {
  TUTTI_NEED_CUDA();
  const Config optimizer = optimizer_of("SGD", 0.05);
  expect_agreement(train_attention(cuda_device(), optimizer),
                   train_attention(cpu_device(), optimizer), 1e-4);
}

template <typename Train>
void expect_same_bits(const Train& train) {
  const Trained first = train();
  for (int run = 0; run < 3; ++run) {
    const Trained again = train();
    EXPECT_EQ(again.digest, first.digest);
    EXPECT_EQ(again.losses, first.losses);
    EXPECT_EQ(again.accuracies, first.accuracies);
  }
}

TEST(CudaTraining, GivesTheSameBitsEveryTime) {
  TUTTI_NEED_CUDA();
  const Config optimizer = optimizer_of("Adam", 0.001);
  expect_same_bits([&] { return train_dense(cuda_device(), optimizer, true); });
  expect_same_bits([&] { return train_convolutional(cuda_device(), optimizer); });
  expect_same_bits([&] { return train_attention(cuda_device(), optimizer, 0.1); });
  EXPECT_NE(train_dense(cuda_device(), optimizer, false).digest,
            train_dense(cuda_device(), optimizer, true).digest);
}

// A model that was loaded, or only made, is on the host.
TEST(CudaTraining, AModelThatIsNotTrainedPredictsAndIsJudgedThere) {
  TUTTI_NEED_CUDA();
  const Dataset digits = datasets::digits().slice_rows(0, 300);
  const auto judged = [&](Device& device) {
    clear_session();
    set_random_seed(7);
    World place;
    place.device = &device;
    const WorldScope scope(place);
    Sequential model({Dense(32, "relu"), Dense(10)});
    model.compile(
        {.loss = Ref<Loss>(Config(Config::Map{
             {"SparseCategoricalCrossentropy", Config(Config::Map{{"from_logits", true}})}})),
         .metrics = {"accuracy"}});
    const Tensor predicted = model.predict(digits.features());
    const Logs logs = model.evaluate(digits.features(), digits.labels());
    return std::pair(predicted.to_host(), *logs.find("loss"));
  };
  const auto gpu = judged(cuda_device()), cpu = judged(cpu_device());
  test::expect_near(gpu.first, cpu.first, 1e-5);
  EXPECT_NEAR(gpu.second, cpu.second, 1e-5 * cpu.second);
}

}  // namespace
}  // namespace tutti
