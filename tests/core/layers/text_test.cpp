// Layers of text, categories and bins against Keras on TensorFlow, at once and in a step.
#include <gmock/gmock.h>

#include <functional>

#include "core/base/string_hash.h"
#include "core/layers/category_encoding.h"
#include "core/layers/discretization.h"
#include "core/layers/text_vectorization.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kWords = {"earth", "sky", "Fire!", "wind earth", "and", "", "fire"};
const Json kVocabulary = {{"vocabulary", {"earth", "wind", "and", "fire"}},
                          {"output_mode", "count"}};
const test::EnterLayer kVectorization("TextVectorization", {.arguments = kVocabulary,
                                                            .inputs = {{5, 1}},
                                                            .words = kWords});
const test::EnterLayer kStringLookup("StringLookup", {.arguments = kVocabulary,
                                                      .inputs = {{5, 3}},
                                                      .words = kWords});
const test::EnterLayer kHashing("Hashing",
                                {.arguments = {{"num_bins", 7}, {"output_mode", "count"}},
                                 .inputs = {{5, 3}},
                                 .words = kWords});
const test::EnterLayer kHashingNumbers("Hashing",
                                       {.arguments = {{"num_bins", 7}, {"output_mode", "one_hot"}},
                                        .inputs = {{5, 3}},
                                        .below = 9});
const test::EnterLayer kCrossing("HashedCrossing",
                                 {.arguments = {{"num_bins", 7}, {"output_mode", "one_hot"}},
                                  .inputs = {{5, 1}, {5, 1}},
                                  .words = kWords});
const test::EnterLayer kIntegerLookup("IntegerLookup", {.arguments = {{"vocabulary", {4, 1, 3}},
                                                                      {"num_oov_indices", 2},
                                                                      {"output_mode", "multi_hot"}},
                                                        .inputs = {{5, 3}},
                                                        .below = 6});
const test::EnterLayer kEncoding("CategoryEncoding", {.arguments = {{"num_tokens", 6}},
                                                      .inputs = {{5, 3}},
                                                      .below = 6});
const test::EnterLayer kBins("Discretization", {.arguments = {{"bin_boundaries", {1.0, 2.5, 4.0}},
                                                              {"output_mode", "one_hot"}},
                                                .inputs = {{5, 3}},
                                                .below = 6});

// Nested lists of text or numbers.
Tensor any_tensor(const Json& json) {
  std::vector<int64_t> dims;
  const Json* at = &json;
  for (; at->is_array(); at = &at->at(0)) dims.push_back(static_cast<int64_t>(at->size()));
  if (!at->is_string()) return test::tensor_of(json);
  std::vector<std::string> texts;
  const std::function<void(const Json&)> read = [&](const Json& item) {
    if (!item.is_array()) return texts.push_back(item.get<std::string>());
    for (const auto& child : item) read(child);
  };
  read(json);
  return Tensor::text(texts, Shape(dims));
}

std::vector<Tensor> inputs_of(const Json& item) {
  std::vector<Tensor> inputs;
  for (const auto& input : item["inputs"]) inputs.push_back(any_tensor(input));
  return inputs;
}

void expect_equal(const Tensor& got, const Tensor& want, const std::string& dtype) {
  ASSERT_EQ(got.shape(), want.shape());
  EXPECT_EQ(name_of(got.dtype()), dtype);
  if (want.dtype() == DType::string)
    EXPECT_EQ(got.to_strings(), want.to_strings());
  else
    test::expect_close(got, want, 1e-6, 1e-7);
}

template <typename L>
bool vocabulary_is(Layer& layer, const Json& wanted) {
  auto* lookup = dynamic_cast<L*>(&layer);
  return lookup && Json(lookup->get_vocabulary()) == wanted;
}

std::shared_ptr<Layer> golden_layer(const Json& item) {
  auto layer = make_layer(test::call_of(item["layer"], item["arguments"]));
  if (!item["adapt"].is_null()) layer->adapt(any_tensor(item["adapt"]));
  return layer;
}

TEST(TextLayers, EqualKeras) {
  for (const auto& item : test::golden("text")) {
    SCOPED_TRACE(item["layer"].get<std::string>() + " " + item["arguments"].dump());
    const auto layer = golden_layer(item);
    if (item.contains("vocabulary")) {
      EXPECT_TRUE(vocabulary_is<StringLookupLayer>(*layer, item["vocabulary"]) ||
                  vocabulary_is<IntegerLookupLayer>(*layer, item["vocabulary"]) ||
                  vocabulary_is<TextVectorizationLayer>(*layer, item["vocabulary"]));
    }
    if (item.contains("bin_boundaries")) {
      const auto& got = *static_cast<DiscretizationLayer&>(*layer).options().bin_boundaries;
      test::expect_close(Tensor::from(got, {static_cast<int64_t>(got.size())}),
                         item["bin_boundaries"], 1e-6, 1e-6);
    }
    const auto inputs = inputs_of(item);
    const Tensor want = any_tensor(item["output"]);
    if (inputs.size() == 1) expect_equal(LayerHandle(layer)(inputs[0]), want, item["dtype"]);
    if (item["layer"] == "TextVectorization" && !item["arguments"].contains("output_mode") &&
        !item["arguments"].contains("output_sequence_length"))
      continue;  // the longest row of a step would depend on the others
    const Tensor stepped =
        test::run_one(inputs, [&](const auto& in) { return layer->apply(in)[0]; });
    expect_equal(stepped, want, item["dtype"]);
  }
}

// Whatever was learnt comes back with the config and the assets.
TEST(TextLayers, ComeBackFromConfigAndAssets) {
  for (const auto& item : test::golden("text")) {
    SCOPED_TRACE(item["layer"].get<std::string>() + " " + item["arguments"].dump());
    const auto layer = golden_layer(item);
    const auto again = make_layer(layer_config(*layer));
    again->load_assets(layer->save_assets());
    EXPECT_EQ(layer_config(*again), layer_config(*layer));
    if (item["inputs"].size() > 1) continue;
    const Tensor input = inputs_of(item)[0];
    const Tensor want = LayerHandle(layer)(input), got = LayerHandle(again)(input);
    EXPECT_EQ(to_string(got), to_string(want));
  }
}

TEST(TextLayers, TakeTheConfigsThatKerasWrites) {
  const Json lookup = {
      {"name", "lookup"},      {"trainable", true},          {"dtype", "float32"},
      {"invert", false},       {"max_tokens", nullptr},      {"num_oov_indices", 1},
      {"oov_token", "[UNK]"},  {"mask_token", nullptr},      {"output_mode", "multi_hot"},
      {"sparse", false},       {"pad_to_max_tokens", false}, {"idf_weights", nullptr},
      {"vocabulary", nullptr}, {"vocabulary_size", 3},       {"oov_method", "floormod"},
      {"salt", nullptr},       {"encoding", "utf-8"}};
  const auto layer = make_layer(test::call_of("StringLookup", lookup));
  layer->load_assets({.texts = {{"vocabulary.txt", "[UNK]\nx\ny"}}, .arrays = {}});
  test::expect_close(LayerHandle(layer)(Tensor::text({"y", "z"}, {1, 2})),
                     Json::parse("[[1.0, 0.0, 1.0]]"));
  const Json bins = {{"bin_boundaries", {2.5, 5.5}},
                     {"num_bins", 3},
                     {"epsilon", 0.01},
                     {"output_mode", "int"},
                     {"sparse", false},
                     {"name", "d"},
                     {"dtype", "float32"}};
  EXPECT_EQ(LayerHandle(make_layer(test::call_of("Discretization", bins)))(Tensor{3}).item(), 1);
}

TEST(TextLayers, VocabularyFilesKeepEveryCharacter) {
  TextVectorization characters({.split = "character", .output_sequence_length = 8});
  characters->adapt(Tensor::text({"a\n\nb", "\n\n c"}));
  EXPECT_THAT(characters->get_vocabulary(), ElementsAre("", "[UNK]", "\n", "c", "b", "a", " "));
  const LayerAssets assets = characters->save_assets();
  EXPECT_EQ(assets.texts.at("vocabulary.txt"), "\n[UNK]\n\n\nc\nb\na\n ");
  EXPECT_EQ(assets.texts.at("_lookup_layer/vocabulary.txt"), assets.texts.at("vocabulary.txt"));
  TextVectorization again({.split = "character", .output_sequence_length = 8});
  again->load_assets(assets);
  EXPECT_EQ(again->get_vocabulary(), characters->get_vocabulary());
}

TEST(TextLayers, TakeFunctionsOfAProgram) {
  TextVectorization vectorize(
      {.standardize = [](std::string_view text) { return "x " + std::string(text); },
       .split =
           [](std::string_view text) {
             return std::vector<std::string>{std::string(text.substr(0, 1)), std::string(text)};
           }});
  vectorize->adapt(Tensor::text({"b", "b"}));
  EXPECT_THAT(vectorize->get_vocabulary(), ElementsAre("", "[UNK]", "x b", "x"));
}

TEST(TextLayers, SayWhatIsWrong) {
  const auto error = [](const char* kind, const Json& arguments) {
    return test::error_of([&] { make_layer(test::call_of(kind, arguments)); });
  };
  EXPECT_THAT(error("StringLookup", {{"vocabulary", {"a", "b", "a"}}}), HasSubstr("'a' twice"));
  EXPECT_THAT(error("StringLookup", {{"vocabulary", "/etc/passwd"}}), HasSubstr("follows no path"));
  EXPECT_THAT(error("StringLookup", {{"max_tokens", 1}}), HasSubstr("more than 1"));
  EXPECT_THAT(error("StringLookup", {{"vocabulary", {"a"}}, {"output_mode", "tf_idf"}}),
              HasSubstr("idf_weights"));
  EXPECT_THAT(error("StringLookup", {{"sparse", true}}), HasSubstr("dense"));
  EXPECT_THAT(error("IntegerLookup", {{"salt", 3}}), HasSubstr("farmhash"));
  EXPECT_THAT(error("TextVectorization", {{"split", "whitespaces"}}), HasSubstr("'whitespace'"));
  EXPECT_THAT(error("TextVectorization", {{"ngrams", 0}}), HasSubstr("from 1"));
  EXPECT_THAT(error("TextVectorization", {{"output_mode", "one_hot"}}), HasSubstr("multi_hot"));
  EXPECT_THAT(error("CategoryEncoding", Json::object()), HasSubstr("num_tokens"));
  EXPECT_THAT(error("Discretization", Json::object()), HasSubstr("num_bins"));
  EXPECT_THAT(error("HashedCrossing", {{"num_bins", 0}}), HasSubstr("1 or more"));
  const Tensor words = Tensor::text({"a", "b"});
  EXPECT_THAT(test::error_of([&] { StringLookup()(words); }), HasSubstr("call adapt()"));
  EXPECT_THAT(test::error_of([&] { StringLookup()(Tensor{1, 2}); }), HasSubstr("looks up text"));
  StringLookup exact({.num_oov_indices = 0, .vocabulary = Tokens<std::string>{"a"}});
  EXPECT_THAT(test::error_of([&] { exact(words); }), HasSubstr("'b' is not in the vocabulary"));
  EXPECT_THAT(test::error_of([&] { exact->adapt(words); }), HasSubstr("was given a vocabulary"));
  StringLookup marks({.output_mode = "multi_hot"});
  marks->adapt(words);
  marks(words);
  EXPECT_THAT(test::error_of([&] {
                marks->adapt(Tensor::text({"a", "b", "c"}));
              }),
              HasSubstr("4 places, the model was made for 3"));
  EXPECT_THAT(test::error_of([&] { CategoryEncoding({.num_tokens = 3})->adapt(words); }),
              HasSubstr("learns nothing"));
}

}  // namespace
}  // namespace tutti
