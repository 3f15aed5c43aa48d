// TextVectorization: text to numbers of its tokens, in one layer.
#pragma once

#include "core/layers/index_lookup.h"
#include "core/layers/tokenizer.h"

namespace tutti {

struct TextVectorizationOptions {
  std::optional<int64_t> max_tokens = {};  // padding and unknown included
  // lower_and_strip_punctuation, lower, strip_punctuation, null, or a function.
  TextStep<std::string> standardize = "lower_and_strip_punctuation";
  TextStep<std::vector<std::string>> split = "whitespace";  // or character, null, or a function
  Config ngrams = {};  // n: all of 1 to n tokens; a list: of these; null: tokens alone
  std::string output_mode = "int";
  std::optional<int64_t> output_sequence_length = {};
  bool pad_to_max_tokens = false;
  std::optional<Tokens<std::string>> vocabulary = {};
  std::optional<std::vector<double>> idf_weights = {};
  bool sparse = false;
  bool ragged = false;
  std::string encoding = "utf-8";
  std::optional<int64_t> vocabulary_size = {};
};

// Text (rows,) or (rows, 1), or (rows, n) of tokens where split is null. int gives (rows, length)
// of int64, 0 behind the last token; the others (rows, vocabulary). In a model the length is
// output_sequence_length; a tensor alone may leave that out, and has the length of its longest row.
class TextVectorizationLayer final : public VocabularyLayer<std::string, TextVectorizationOptions> {
 public:
  explicit TextVectorizationLayer(Options options);
  DType input_dtype() const override { return DType::string; }
  LayerAssets save_assets() const override;  // also under _lookup_layer/, as Keras has them

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  std::vector<std::vector<std::string>> documents(const Tensor& data) const override;

 private:
  int64_t length_for(const Value& input) const;

  Tokenizer tokenizer_;
};
using TextVectorization = LayerOf<TextVectorizationLayer>;

}  // namespace tutti
