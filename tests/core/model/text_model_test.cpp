// Models that begin with text, on any number of ranks; and text made from what a model says.
#include <gmock/gmock.h>

#include <cmath>

#include "core/layers/adaptation.h"
#include "core/layers/dense.h"
#include "core/layers/embedding.h"
#include "core/layers/input_layer.h"
#include "core/layers/normalization.h"
#include "core/layers/pooling.h"
#include "core/layers/text_vectorization.h"
#include "core/model/adapt_rows.h"
#include "core/model/sequential.h"
#include "core/optimizers/adam.h"
#include "tests/conformance/graph_runner.h"
#include "tests/core/model/world_runner.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kGood = {"good", "fine", "lovely", "great"},
                               kBad = {"bad", "dull", "poor", "awful"};

// Reviews of a few words, one of which says it.
std::pair<Tensor, Tensor> reviews(int count) {
  std::vector<std::string> texts;
  std::vector<float> labels;
  for (int i = 0; i < count; ++i) {
    const bool good = i % 3 != 1;
    texts.push_back(fmt::format("The {} film, no {}: {}!", i % 7, i % 5,
                                (good ? kGood : kBad)[static_cast<size_t>(i / 3 % 4)]));
    labels.push_back(good);
  }
  return {Tensor::text(texts), Tensor::from(labels, {count, 1})};
}

std::shared_ptr<Model> sentiment(const Tensor& texts) {
  TextVectorization vectorize({.max_tokens = 40, .output_sequence_length = 8});
  vectorize->adapt(texts);
  auto model = std::make_shared<Sequential>();
  model->add(vectorize);
  model->add(Embedding(40, 8));
  model->add(GlobalAveragePooling1D());
  model->add(Dense(1, "sigmoid"));
  model->compile({.optimizer = Adam(0.02), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

TEST(TextModel, LearnsSentimentWithTheSameBitsOnAnyRanks) {
  const auto [texts, labels] = reviews(48);
  const auto job = [&texts = texts, &labels = labels] {
    const auto model = sentiment(texts);
    const History history =
        model->fit(texts, labels, {.epochs = 4, .batch_size = 48, .verbose = 0});
    auto record = test::record_of(*model, history);
    test::record_tensor(record, "predicted", model->predict(texts));
    return record;
  };
  test::expect_same_bits(job);
  set_random_seed(1);
  const auto model = sentiment(texts);
  model->fit(texts, labels, {.epochs = 60, .batch_size = 8, .verbose = 0});
  EXPECT_GT(*model->evaluate(texts, labels).find("accuracy"), 0.95);
  const Tensor said = model->predict(Tensor::text({"a lovely film", "an awful film"}));
  EXPECT_GT(said.at({0, 0}), 0.5);
  EXPECT_LT(said.at({1, 0}), 0.5);
}

TEST(TextModel, TakesTextBesideNumbersAndGivesText) {
  const Value text = Input({1}, "kind", DType::string), number = Input({1}, "size");
  StringLookup lookup({.vocabulary = Tokens<std::string>{"cat", "dog"}});
  StringLookup back({.vocabulary = Tokens<std::string>{"cat", "dog"}, .invert = true});
  const Value index = lookup(text);
  Model model({text, number}, {back(index), Dense(2)(number)});
  const auto rows = make_rows({Tensor::text({"dog", "emu", "cat"}), Tensor{{1}, {2}, {3}}});
  const auto outputs = model.predict(rows, 2);
  EXPECT_THAT(outputs[0].to_strings(), ElementsAre("dog", "[UNK]", "cat"));
  EXPECT_EQ(outputs[1].shape(), Shape({3, 2}));
  EXPECT_THAT(test::error_of([&] {
                model.predict(make_rows({Tensor{{1}}, Tensor{{1}}}));
              }),
              HasSubstr("input 'kind' takes text, the data is float32"));
  Sequential numbers({Dense(2)});
  EXPECT_THAT(test::error_of([&] { numbers.predict(Tensor::text({"a"})); }), HasSubstr("cast"));
}

// What a model that says the next character is used for: text to indices, indices to text.
TEST(TextModel, SamplesCharacters) {
  TextVectorization to_numbers(
      {.standardize = nullptr, .split = "character", .output_sequence_length = 4});
  to_numbers->adapt(Tensor::text({"help\n", "he"}));
  StringLookup to_text({.mask_token = "",
                        .vocabulary = Tokens<std::string>(to_numbers->get_vocabulary()),
                        .invert = true});
  const auto vocabulary = static_cast<int64_t>(to_numbers->get_vocabulary().size());
  const Value text = Input({1}, "text", DType::string);
  const Value numbers = to_numbers(text);
  Model shown({text}, {to_text(numbers)});
  const Tensor out = shown.predict(Tensor::text({"help", "hp\n!"}));
  EXPECT_THAT(out.to_strings(), ElementsAre("h", "e", "l", "p", "h", "p", "\n", "[UNK]"));
  EXPECT_EQ(vocabulary, 7);
}

TEST(TextModel, AdaptsLayersOnTheRowsAtHandAndKeepsWhatTheyLearnt) {
  const auto rows = make_rows({Tensor::text({"b", "a b", "b c"})});
  const auto make = [] {
    auto model = std::make_shared<Sequential>("words");
    model->add(TextVectorization({.output_mode = "count"}, "words"));
    model->add(Normalization({}, "scaled"));
    return model;
  };
  auto model = make();
  {
    const Adaptation adaptation(rows_for_adaptation(rows));
    model->build_graph(rows->inputs());
  }
  auto& words = static_cast<TextVectorizationLayer&>(*model->get_layer("words"));
  EXPECT_THAT(words.get_vocabulary(), ElementsAre("[UNK]", "b", "c", "a"));
  const auto expected = model->predict(rows)[0];
  EXPECT_NEAR(expected.at({1, 3}), std::sqrt(2.0), 1e-5) << "1 where the mean is 1/3";
  const auto again = std::dynamic_pointer_cast<Model>(make());
  EXPECT_THAT(test::error_of([&] { again->build_graph(rows->inputs()); }), HasSubstr("adapt()"));
  const auto assets = model_assets(*model);
  ASSERT_EQ(assets.size(), 1u);
  EXPECT_EQ(assets.at("words").texts.at("vocabulary.txt"), "[UNK]\nb\nc\na");
}

}  // namespace
}  // namespace tutti
