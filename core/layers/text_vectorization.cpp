#include "core/layers/text_vectorization.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/graph/builtin_ops.h"
#include "core/layers/vocabulary_layer.h"

namespace tutti {
namespace {

constexpr const char* kWhere = "TextVectorization";

VocabularyRules<std::string> rules_of(const TextVectorizationOptions& options) {
  return {kWhere,
          options.max_tokens,
          1,
          "",
          "[UNK]",
          false,
          options.output_mode,
          options.pad_to_max_tokens};
}

void check_word(const std::optional<std::string>& word, const char* argument,
                const std::vector<std::string>& known) {
  if (word && std::find(known.begin(), known.end(), *word) == known.end())
    fail(kWhere, "unknown {} '{}'{}", argument, *word,
         near_or(*word, known, fmt::format("; use one of {}, or null", fmt::join(known, ", "))));
}

std::vector<int64_t> ngram_widths(const Config& written) {
  constexpr int64_t kWidest = 1000;
  std::vector<int64_t> widths;
  if (written.is_null()) return widths;
  if (written.is_int())
    for (int64_t n = 1; n <= std::min(written.as_int(), kWidest + 1); ++n) widths.push_back(n);
  else
    read_config(written, widths);
  const bool known =
      std::ranges::all_of(widths, [](int64_t width) { return width >= 1 && width <= kWidest; });
  if (widths.empty() || !known)
    fail(kWhere, "ngrams is {}; use a number from 1 to {}, or a list of such", to_string(written),
         kWidest);
  return widths;
}

std::vector<std::vector<std::string>> tokens_of(const Tokenizer& tokenizer, const Tensor& texts) {
  const auto all = texts.span<std::string_view>();
  const auto width = static_cast<size_t>(std::max<int64_t>(texts.shape().elements_per_row(), 1));
  std::vector<std::vector<std::string>> rows;
  for (size_t at = 0; at + width <= all.size(); at += width)
    rows.push_back(tokenizer.tokens(all.subspan(at, width)));
  return rows;
}

// A row of text to `width` indices, or to counts or marks of `width` tokens.
class VectorizeOp final : public HostOp {
 public:
  VectorizeOp(std::string where, Tokenizer tokenizer,
              std::shared_ptr<const Vocabulary<std::string>> vocabulary, std::string mode,
              int64_t width)
      : where_(std::move(where)),
        tokenizer_(std::move(tokenizer)),
        vocabulary_(std::move(vocabulary)),
        mode_(std::move(mode)),
        width_(width) {}
  std::string_view name() const override { return "text_vectorization"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    const DType dtype = mode_ == "int" ? DType::i64 : DType::f32;
    return {{dtype, Shape{inputs[0].shape[0], width_}, inputs[0].kind}};
  }
  std::string parameters() const override { return fmt::format("{}", fmt::ptr(this)); }
  void compute(std::span<const Tensor> inputs, const Tensor& output) const override {
    if (!vocabulary_)
      fail(where_, "has no vocabulary; call adapt() on the training text, or give one");
    std::memset(output.raw(), 0, output.bytes());
    size_t at = 0;
    for (const auto& row : tokens_of(tokenizer_, inputs[0])) {
      if (mode_ == "int")
        number(row, output.data<int64_t>() + at);
      else
        count(row, output.data<float>() + at);
      at += static_cast<size_t>(width_);
    }
  }

 private:
  int64_t index_of(const std::string& token) const {
    return vocabulary_->find(token).value_or(vocabulary_->oov_start());
  }
  void number(const std::vector<std::string>& row, int64_t* out) const {
    const size_t count = std::min(row.size(), static_cast<size_t>(width_));
    for (size_t i = 0; i < count; ++i) out[i] = index_of(row[i]);
  }
  void count(const std::vector<std::string>& row, float* out) const {
    for (const auto& token : row) {
      const int64_t index = index_of(token);
      if (index < 0 || index >= width_) continue;  // the padding token marks nothing
      out[index] = mode_ == "multi_hot" ? 1.0f : out[index] + 1.0f;
    }
  }

  std::string where_;
  Tokenizer tokenizer_;
  std::shared_ptr<const Vocabulary<std::string>> vocabulary_;
  std::string mode_;
  int64_t width_;
};

}  // namespace

TextVectorizationLayer::TextVectorizationLayer(Options options)
    : VocabularyLayer(options, rules_of(options)),
      tokenizer_{options.standardize, options.split, ngram_widths(options.ngrams)} {
  check_word(options.standardize.word, "standardize",
             {"lower_and_strip_punctuation", "lower", "strip_punctuation"});
  check_word(options.split.word, "split", {"whitespace", "character"});
  refuse_sparse(kWhere, options.ragged);
  if (options.output_mode != "int" && options.output_sequence_length)
    fail(kWhere, "output_sequence_length is for output_mode int, which is '{}'; leave it out",
         options.output_mode);
  if (options.output_sequence_length && *options.output_sequence_length < 1)
    fail(kWhere, "output_sequence_length is {}; use 1 or more", *options.output_sequence_length);
  if (options.output_mode == "one_hot")
    fail(kWhere,
         "one_hot would give each row another shape; use multi_hot or count, or int and a "
         "CategoryEncoding behind it");
}

std::vector<std::vector<std::string>> TextVectorizationLayer::documents(const Tensor& data) const {
  if (data.dtype() != DType::string)
    fail(where(), "adapt() takes text, got {}; give it text", name_of(data.dtype()));
  return tokens_of(tokenizer_, data);
}

int64_t TextVectorizationLayer::length_for(const Value& input) const {
  if (options().output_sequence_length) return *options().output_sequence_length;
  const Tensor* texts = constant_of(input);
  if (!texts)
    fail(where(),
         "rows of a model have one length; give output_sequence_length, the tokens kept of a row");
  size_t longest = 1;
  for (const auto& row : tokens_of(tokenizer_, *texts)) longest = std::max(longest, row.size());
  return static_cast<int64_t>(longest);
}

std::vector<Value> TextVectorizationLayer::call(const std::vector<Value>& inputs) {
  const Value& input = only(inputs);
  const Shape& shape = input.shape();
  if (input.dtype() != DType::string)
    fail(where(), "takes text, got {}; begin the model with an Input of dtype string",
         name_of(input.dtype()));
  const bool splits = options().split.word || options().split.function;
  if (shape.rank() > 2 || shape.rank() < 1 || (splits && shape.rank() == 2 && shape[1] != 1))
    fail(where(), "splits one text a row, of shape (None,) or (None, 1), got {}; reshape it",
         to_string(shape));
  const std::string& mode = options().output_mode;
  const bool whole = mode == "int";
  const Value numbers =
      on_host(std::make_shared<VectorizeOp>(where(), tokenizer_, vocabulary(), mode,
                                            whole ? length_for(input) : depth()),
              {input});
  if (whole) return {numbers};
  const Value counts = cast(numbers, encoding_dtype());
  return {mode == "tf_idf" ? weighted(counts) : counts};
}

LayerAssets TextVectorizationLayer::save_assets() const {
  LayerAssets assets = VocabularyLayer::save_assets(), inner = assets;
  for (const auto& [path, text] : inner.texts) assets.texts["_lookup_layer/" + path] = text;
  for (const auto& [path, array] : inner.arrays) assets.arrays["_lookup_layer/" + path] = array;
  return assets;
}

template class VocabularyLayer<std::string, TextVectorizationOptions>;

TUTTI_REGISTER(Layer, TextVectorizationLayer, "TextVectorization", "text to numbers of its tokens")
    .argument("max_tokens", &TextVectorizationOptions::max_tokens,
              "most tokens, padding and unknown included; null: no limit")
    .argument("standardize", &TextVectorizationOptions::standardize,
              "lower_and_strip_punctuation, lower, strip_punctuation or null")
    .argument("split", &TextVectorizationOptions::split, "whitespace, character or null")
    .argument("ngrams", &TextVectorizationOptions::ngrams,
              "tokens up to so many, or of such counts")
    .choice("output_mode", &TextVectorizationOptions::output_mode,
            {"int", "one_hot", "multi_hot", "count", "tf_idf"},
            "indices, or marks, counts or weighted counts of tokens")
    .argument("output_sequence_length", &TextVectorizationOptions::output_sequence_length,
              "tokens kept of a row, 0 behind the last")
    .argument("pad_to_max_tokens", &TextVectorizationOptions::pad_to_max_tokens,
              "encodings are max_tokens wide")
    .argument("vocabulary", &TextVectorizationOptions::vocabulary,
              "the tokens; null: adapt() finds them")
    .argument("idf_weights", &TextVectorizationOptions::idf_weights, "of each token, for tf_idf")
    .argument("sparse", &TextVectorizationOptions::sparse, "refused; outputs are dense")
    .argument("ragged", &TextVectorizationOptions::ragged, "refused; outputs are dense")
    .choice("encoding", &TextVectorizationOptions::encoding, {"utf-8"}, "of the text")
    .argument("vocabulary_size", &TextVectorizationOptions::vocabulary_size,
              "of a vocabulary that is yet to be read");

}  // namespace tutti
