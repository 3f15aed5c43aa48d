// Recurrent layers and cells against Keras; how their gradients sum; what they refuse.
#include <gmock/gmock.h>

#include "core/graph/gradient.h"
#include "core/layers/bidirectional.h"
#include "core/layers/dense.h"
#include "core/layers/gru.h"
#include "core/layers/input_layer.h"
#include "core/layers/lstm.h"
#include "core/layers/simple_rnn.h"
#include "core/layers/time_distributed.h"
#include "core/model/model.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/keras_layer_conformance.h"

namespace tutti {
namespace {

using test::error_of;

const test::Json kTwoUnits = {{"units", 2}}, kLstmCell = {{"LSTMCell", {{"units", 2}}}};
const test::EnterLayer kRecurrent[] = {
    {"SimpleRNN", {.arguments = {{"units", 2}, {"dropout", 0.25}}, .inputs = {{5, 3, 2}}}},
    {"LSTM",
     {.arguments = {{"units", 2}, {"return_sequences", true}},
      .inputs = {{5, 3, 2}, {5, 2}, {5, 2}}}},
    {"LSTM", {.arguments = {{"units", 2}, {"recurrent_dropout", 0.5}}, .inputs = {{5, 3, 2}}}},
    {"GRU", {.arguments = {{"units", 2}, {"go_backwards", true}}, .inputs = {{5, 3, 2}}}},
    {"GRU", {.arguments = {{"units", 2}, {"reset_after", false}}, .inputs = {{5, 3, 2}}}},
    {"SimpleRNNCell", {.arguments = kTwoUnits, .inputs = {{5, 3}, {5, 2}}}},
    {"LSTMCell", {.arguments = kTwoUnits, .inputs = {{5, 3}, {5, 2}, {5, 2}}}},
    {"GRUCell", {.arguments = kTwoUnits, .inputs = {{5, 3}, {5, 2}}}},
    {"RNN", {.arguments = {{"cell", kLstmCell}}, .inputs = {{5, 3, 2}}}},
    {"StackedRNNCells",
     {.arguments = {{"cells", {kLstmCell, {{"GRUCell", {{"units", 3}}}}}}},
      .inputs = {{5, 3}, {5, 2}, {5, 2}, {5, 3}}}},
    {"Bidirectional",
     {.arguments = {{"layer", {{"LSTM", {{"units", 2}, {"return_sequences", true}}}}}},
      .inputs = {{5, 3, 2}}}},
};

TEST(Recurrent, EqualsKeras) { test::expect_layers_equal_keras("recurrent"); }

// Every weight is used at every step: its gradient is one sum over rows all the same, which the
// ranks meet for once.
TEST(Recurrent, TheGradientOfAWeightIsOneSum) {
  const auto one_sum = [](const LayerHandle& layer) {
    const Value x = make_input("x", {kRows, 6, 3});
    const Value loss = reduce_sum(layer(x));
    std::vector<Value> weights;
    for (const auto& weight : layer->weights()) weights.push_back(weight->read());
    for (const auto& gradient : split_gradients(loss, weights)) {
      EXPECT_TRUE(gradient.partial.defined());
      EXPECT_FALSE(gradient.same.defined()) << layer->name();
    }
  };
  one_sum(SimpleRNN(2));
  one_sum(LSTM({.units = 2, .return_sequences = true}));
  one_sum(GRU(2));
  one_sum(GRU({.units = 2, .reset_after = false}));
  one_sum(Bidirectional({.layer = LSTM(2)}));
  one_sum(RNN({.cell = StackedRNNCells({.cells = {LSTMCell(2), GRUCell(2)}})}));
}

TEST(Recurrent, WeightsAreNamedAsParts) {
  const Bidirectional both({.layer = LSTM({.units = 2}, "steps")}, "both");
  both(Input({4, 3}));
  EXPECT_EQ(both->weights()[0]->name(), "both/forward_steps/lstm_cell/kernel");
  both->set_name("other");
  EXPECT_EQ(both->weights()[5]->name(), "other/backward_steps/lstm_cell/bias");
}

Value input_of(const Shape& batch) {
  return std::make_shared<InputLayer>(InputOptions{.batch_shape = batch})->apply({})[0];
}

// Two batches of three steps are one of six; a smaller batch goes on with the first rows' states.
TEST(Recurrent, AStatefulLayerGoesOnFromTheBatchBefore) {
  const LSTM kept({.units = 2, .stateful = true}, "lstm"), once(2);
  const Value x = input_of({2, 3, 2});
  Model model(x, kept(x));
  const Tensor six = test::sample_tensor({2, 6, 2}, DType::f32);
  once(six);
  EXPECT_EQ(model.weights()[0]->name(), "lstm/rnn_state");
  EXPECT_EQ(model.weights()[1]->name(), "lstm/rnn_state_1");
  for (size_t i = 0; i < 3; ++i) once->weights()[i]->set_value(model.weights()[i + 2]->value());
  const Tensor first = slice(six, 1, 0, 3), second = slice(six, 1, 3, 6);
  const Tensor begun = model.predict(first);
  test::expect_close(model.predict(second), once(six));
  kept->reset_states();
  EXPECT_EQ(model.predict(first.slice_rows(0, 1)).to_vector<float>(),
            begun.slice_rows(0, 1).to_vector<float>());
  test::expect_close(model.predict(second.slice_rows(0, 1)), once(six.slice_rows(0, 1)));
  EXPECT_THAT(error_of([&] {
                model.predict(test::sample_tensor({3, 3, 2}, DType::f32));
              }),
              testing::HasSubstr("a batch of 3 rows, but state is kept for 2"));
}

// Each step of a TimeDistributed is a call of its layer, which goes on from the step before.
TEST(Recurrent, AStatefulLayerGoesOnInsideATimeDistributed) {
  const LSTM kept({.units = 2, .stateful = true}), once(2);
  const Value x = input_of({2, 2, 3, 2});
  Model model(x, TimeDistributed({.layer = kept})(x));
  const Tensor six = test::sample_tensor({2, 6, 2}, DType::f32);
  once(six);
  for (size_t i = 0; i < 3; ++i) once->weights()[i]->set_value(model.weights()[i + 2]->value());
  const Tensor y = model.predict(six.reshape({2, 2, 3, 2}));
  test::expect_close(squeeze(slice(y, 1, 1, 2), 1), once(six));
}

TEST(Recurrent, WeightsKeepToConstraints) {
  const auto constrained = [](const LayerHandle& layer) {
    layer(Input({4, 3}));
    for (const auto& weight : layer->weights()) EXPECT_TRUE(weight->constraint()) << weight->name();
  };
  constrained(SimpleRNN({.units = 2,
                         .kernel_constraint = "non_neg",
                         .recurrent_constraint = "unit_norm",
                         .bias_constraint = "non_neg"}));
  constrained(GRU({.units = 2,
                   .kernel_constraint = "non_neg",
                   .recurrent_constraint = "unit_norm",
                   .bias_constraint = "non_neg"}));
}

TEST(Recurrent, RefuseWhatTheyCannotDo) {
  const Value x = Input({4, 3});
  EXPECT_THAT(error_of([&] {
                LSTM({.units = 2, .stateful = true})
                (x);
              }),
              testing::HasSubstr("must know how many rows a batch has"));
  EXPECT_THAT(error_of([] { GRU({.units = 0}); }), testing::HasSubstr("units is 0"));
  EXPECT_THAT(error_of([] { SimpleRNN({.units = 1, .dropout = 1}); }),
              testing::HasSubstr("use a number from 0 to below 1"));
  EXPECT_THAT(error_of([&] {
                LSTM({.units = 2}, "l")->apply({x, Input({2})});
              }),
              testing::HasSubstr("has 2 states, of 2 elements"));
  EXPECT_THAT(error_of([] {
                LSTM(2)
                (Input({3}));
              }),
              testing::HasSubstr("takes an input (rows, steps, features)"));
  EXPECT_THAT(error_of([] { RNN({.cell = Dense(2)}); }), testing::HasSubstr("Dense is no cell"));
  EXPECT_THAT(error_of([] { Bidirectional({.layer = Dense(2)}); }),
              testing::HasSubstr("Dense is no recurrent layer"));
  EXPECT_THAT(error_of([] { Bidirectional({.layer = LSTM(2), .merge_mode = "avg"}); }),
              testing::HasSubstr("did you mean 'ave'"));
  EXPECT_THAT(error_of([] { Bidirectional({.layer = LSTM(2), .backward_layer = LSTM(2)}); }),
              testing::HasSubstr("must differ in go_backwards"));
}

}  // namespace
}  // namespace tutti
