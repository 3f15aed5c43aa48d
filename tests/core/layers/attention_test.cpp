// Attention and Dot against Keras; masks; what they refuse.
#include "core/layers/attention.h"

#include <gmock/gmock.h>

#include "core/layers/multi_head_attention.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/keras_layer_conformance.h"

namespace tutti {
namespace {

const test::EnterLayer kAttentions[] = {
    {"Attention",
     {.arguments = {{"use_scale", true}, {"score_mode", "concat"}},
      .inputs = {{5, 2, 3}, {5, 3, 3}}}},
    {"AdditiveAttention", {.inputs = {{5, 2, 3}, {5, 3, 3}}}},
    {"MultiHeadAttention",
     {.arguments = {{"num_heads", 2}, {"key_dim", 2}, {"use_causal_mask", true}},
      .inputs = {{5, 2, 3}, {5, 2, 3}}}},
    {"GroupQueryAttention",
     {.arguments = {{"head_dim", 2}, {"num_query_heads", 2}, {"num_key_value_heads", 1}},
      .inputs = {{5, 2, 3}, {5, 3, 3}}}},
    {"Dot", {.arguments = {{"axes", -1}, {"normalize", true}}, .inputs = {{5, 2, 3}, {5, 3}}}},
};

TEST(Attention, EqualsKeras) { test::expect_layers_equal_keras("attentions"); }

// A place that a mask hides may hold anything.
TEST(Attention, AMaskHidesPlaces) {
  MultiHeadAttention layer({.num_heads = 2, .key_dim = 4});
  const Tensor query = test::sample_tensor({2, 3, 4}, DType::f32);
  Tensor value = test::sample_tensor({2, 2, 4}, DType::f32, 1);
  const Tensor mask = Tensor{1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}.reshape({2, 3, 2});
  const auto run = [&] {
    return test::run_one({query, value, value, mask},
                         [&](const auto& in) { return layer->apply(in)[0]; })
        .to_vector<float>();
  };
  const auto before = run();
  for (int64_t row = 0; row < 2; ++row)
    for (int64_t i = 0; i < 4; ++i) value.data<float>()[row * 8 + 4 + i] = 100;
  EXPECT_EQ(run(), before);
}

TEST(Attention, RefusesWhatItCannotDo) {
  const Value sequence = make_input("x", {kRows, 3, 4}), flat = make_input("y", {kRows, 4});
  const auto refused = [&](auto&& call) { return test::error_of(call); };
  EXPECT_THAT(refused([&] { MultiHeadAttention({.num_heads = 0, .key_dim = 2}); }),
              testing::HasSubstr("0 heads of queries"));
  const Config shaped(
      Config::Map{{"num_heads", 1}, {"key_dim", 2}, {"output_shape", Config::List{3, 4}}});
  EXPECT_THAT(refused([&] {
                make_layer(Config(Config::Map{{"MultiHeadAttention", shaped}}));
              }),
              testing::HasSubstr("output_shape has 2 extents"));
  EXPECT_THAT(
      refused([&] {
        GroupQueryAttention({.head_dim = 2, .num_query_heads = 3, .num_key_value_heads = 2});
      }),
      testing::HasSubstr("the first a multiple of the second"));
  EXPECT_THAT(
      refused([&] {
        MultiHeadAttention({.num_heads = 2, .key_dim = 2})(std::vector<Value>{sequence, flat});
      }),
      testing::HasSubstr("takes query, value"));
  EXPECT_THAT(refused([&] { Attention()(std::vector<Value>{sequence}); }),
              testing::HasSubstr("takes query (rows, t, width)"));
  EXPECT_THAT(refused([&] { Attention({.score_mode = "add"}); }),
              testing::HasSubstr("use dot or concat"));
  EXPECT_THAT(refused([&] {
                Dot({.axes = {0}})(std::vector<Value>{flat, flat});
              }),
              testing::HasSubstr("is the rows"));
}

}  // namespace
}  // namespace tutti
