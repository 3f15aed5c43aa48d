// The same bits on any number of ranks and threads of what layers add: statistics of the batch,
// steps, masks.
#include "core/layers/activation_layers.h"
#include "core/layers/batch_normalization.h"
#include "core/layers/bidirectional.h"
#include "core/layers/dense.h"
#include "core/layers/gru.h"
#include "core/layers/input_layer.h"
#include "core/layers/lstm.h"
#include "core/layers/masking.h"
#include "core/layers/reshaping.h"
#include "core/layers/time_distributed.h"
#include "core/model/sequential.h"
#include "tests/conformance/graph_runner.h"
#include "tests/core/model/world_runner.h"

namespace tutti {
namespace {

using test::Job, test::record_of, test::Record;

// A job that trains layers on rows of three steps of two numbers, of which ReLU makes some all 0.
Job steps_job(const std::function<std::vector<std::shared_ptr<Layer>>()>& layers,
              const Shape& target) {
  return [=] {
    Sequential model({Reshape({3, 2}), ReLU(), Masking()});
    for (const auto& layer : layers()) model.add(LayerHandle(layer));
    model.compile({.optimizer = "adam", .loss = "mse", .metrics = {"mae"}});
    const Tensor x = test::sample_tensor({90, 6}, DType::f32);
    const Tensor y = test::sample_tensor(target.with_rows(90), DType::f32, /*salt=*/5);
    FitOptions options;
    options.epochs = 2, options.batch_size = 37, options.verbose = 0;
    Record record = record_of(model, model.fit(x, y, options));
    test::record_tensor(record, "predictions", model.predict(x, 16));
    const Logs tested = model.evaluate(x, y, 24);
    for (const auto& [name, value] : tested.entries())
      record.push_back({"tested " + name, {value}});
    return record;
  };
}

TEST(SameBitsOfLayers, InBothDirectionsWithBatchStatistics) {
  const auto layers = [] {
    const GRU steps(
        {.units = 3, .dropout = 0.2, .recurrent_dropout = 0.2, .return_sequences = true});
    return std::vector<std::shared_ptr<Layer>>{Bidirectional({.layer = steps}).pointer(),
                                               BatchNormalization().pointer(), LSTM(4).pointer(),
                                               Dense(3).pointer()};
  };
  test::expect_same_bits(steps_job(layers, {kRows, 3}));
}

TEST(SameBitsOfLayers, ALossThatLeavesStepsOut) {
  const auto layers = [] {
    return std::vector<std::shared_ptr<Layer>>{
        LSTM({.units = 4, .return_sequences = true}).pointer(),
        TimeDistributed({.layer = Dense(1)}).pointer()};
  };
  test::expect_same_bits(steps_job(layers, {kRows, 3, 1}));
}

// Rows of a batch go on from what the rows of the batch before left, whoever computed those.
TEST(SameBitsOfLayers, StatesThatOutliveABatch) {
  test::expect_same_bits([] {
    const Value x =
        LayerHandle(std::make_shared<InputLayer>(InputOptions{.batch_shape = Shape{37, 3, 2}}))
            ->apply({})[0];
    const LSTM first({.units = 3, .return_sequences = true, .stateful = true});
    const GRU second({.units = 2, .stateful = true});
    Model model(x, Dense(1)(second(first(x))));
    model.compile({.optimizer = "adam", .loss = "mse"});
    const Tensor rows = test::sample_tensor({90, 3, 2}, DType::f32);
    FitOptions options;
    options.epochs = 2, options.batch_size = 37, options.verbose = 0;
    Record record =
        record_of(model, model.fit(rows, test::sample_tensor({90, 1}, DType::f32), options));
    test::record_tensor(record, "predictions", model.predict(rows, 16));
    second->reset_states();
    test::record_tensor(record, "after a reset", model.predict(rows, 16));
    return record;
  });
}

}  // namespace
}  // namespace tutti
