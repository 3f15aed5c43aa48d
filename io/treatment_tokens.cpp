// Text to numbers of its tokens while rows are read: what the layer TextVectorization does with
// text that is in memory.
#include <cstring>
#include <mutex>

#include "core/base/error.h"
#include "core/layers/tokenizer.h"
#include "core/layers/vocabulary.h"
#include "io/stored.h"
#include "io/treatment.h"

namespace tutti {
namespace {

using Words = Vocabulary<std::string>;

struct TokensOptions {
  int64_t max_tokens = 20'000;
  std::string standardize = "lower_and_strip_punctuation";
  std::string split = "whitespace";
  std::string output_mode = "int";
  std::optional<int64_t> output_sequence_length;
};

// Words are held to be counted: so many that no text of a language has them.
constexpr size_t kMostWords = 20'000'000;
// Kept with the run and told to every rank.
constexpr int64_t kMostTokens = 200'000;
constexpr size_t kMostTextBytes = size_t{2} << 20;

class WordsFitting final : public Fitting {
 public:
  WordsFitting(Tokenizer tokenizer, VocabularyRules<std::string> rules)
      : tokenizer_(std::move(tokenizer)), rules_(std::move(rules)) {}
  bool wants_rows() const override { return !done_; }
  void add(const Column& column, const Table& table) override {
    if (!column.is_text())
      fail(ExitCode::data, table.source, "column '{}': tokens takes text, got numbers",
           column.name);
    for (const auto& text : column.text) {
      const std::string_view view = text;
      counts_.add_document(tokenizer_.tokens({&view, 1}));
    }
    if (counts_.counts().size() > kMostWords)
      fail(ExitCode::data, table.source,
           "column '{}': tokens found more than {} different words; is it text? use split: "
           "character",
           column.name, kMostWords);
  }
  void end_rows() override { done_ = true; }
  Config result() override {
    std::string text = vocabulary_text(Words(rules_, counts_).own_tokens());
    if (text.size() > kMostTextBytes)
      fail(ExitCode::data, "tokens",
           "the vocabulary takes {} bytes, at most {} are kept; give a "
           "smaller max_tokens",
           text.size(), kMostTextBytes);
    return Config(Config::Map{{"vocabulary", std::move(text)}});
  }

 private:
  Tokenizer tokenizer_;
  VocabularyRules<std::string> rules_;
  TokenCounts<std::string> counts_;
  bool done_ = false;
};

class TokensTreatment final : public Treatment {
 public:
  using Options = TokensOptions;
  explicit TokensTreatment(TokensOptions options)
      : options_(std::move(options)),
        tokenizer_{options_.standardize == "none"
                       ? TextStep<std::string>()
                       : TextStep<std::string>(options_.standardize.c_str()),
                   options_.split.c_str(),
                   {}},
        rules_{"tokens", options_.max_tokens, 1, "", "[UNK]", false, options_.output_mode, false} {
    if (options_.max_tokens < 2 || options_.max_tokens > kMostTokens)
      fail("tokens", "max_tokens is {}; use 2 to {}", options_.max_tokens, kMostTokens);
    if (indices() != options_.output_sequence_length.has_value() ||
        options_.output_sequence_length.value_or(1) < 1)
      fail("tokens",
           "output_mode int needs output_sequence_length, the tokens kept of a row, 1 or "
           "more; others take none");
  }
  const TokensOptions& options() const { return options_; }

  std::unique_ptr<Fitting> begin_fit() const override {
    return std::make_unique<WordsFitting>(tokenizer_, rules_);
  }
  Column apply(Column column, const Config& fitted, const Table& table) const override {
    if (!column.is_text())
      fail(ExitCode::data, table.place(0), "column '{}': tokens takes text, got numbers",
           column.name);
    const auto words =
        words_of(stored(fitted, "vocabulary", fmt::format("column '{}'", column.name)).as_string());
    const int64_t width = indices() ? *options_.output_sequence_length : words->depth();
    column.values = Tensor::zeros({column.rows(), width}, indices() ? DType::i32 : DType::f32);
    for (size_t row = 0; row < column.text.size(); ++row) {
      const std::string_view text = column.text[row];
      const size_t begin = row * static_cast<size_t>(width);
      put(tokenizer_.tokens({&text, 1}), *words, width, begin, column.values);
    }
    column.text.clear();
    return column;
  }

 private:
  bool indices() const { return options_.output_mode == "int"; }

  void put(const std::vector<std::string>& tokens, const Words& words, int64_t width, size_t begin,
           const Tensor& values) const {
    int64_t at = 0;
    for (const auto& token : tokens) {
      const int64_t index = words.find(token).value_or(words.oov_start());
      if (indices()) {
        if (at == width) return;
        values.data<int32_t>()[begin + static_cast<size_t>(at++)] = static_cast<int32_t>(index);
      } else if (index >= 0) {
        float& mark = values.data<float>()[begin + static_cast<size_t>(index)];
        mark = options_.output_mode == "multi_hot" ? 1 : mark + 1;
      }
    }
  }

  // Rows come a few at a time, and always by the same words.
  std::shared_ptr<const Words> words_of(const std::string& text) const {
    const std::lock_guard lock(mutex_);
    if (!words_ || text != text_) {
      words_ = std::make_shared<const Words>(rules_, vocabulary_of_text(text, false));
      text_ = text;
    }
    return words_;
  }

  TokensOptions options_;
  Tokenizer tokenizer_;
  VocabularyRules<std::string> rules_;
  mutable std::mutex mutex_;  // of these
  mutable std::shared_ptr<const Words> words_;
  mutable std::string text_;
};

TUTTI_REGISTER(Treatment, TokensTreatment, "Tokens",
               "text as numbers of its tokens, by the vocabulary of the training rows")
    .argument("max_tokens", &TokensOptions::max_tokens, "most tokens, padding and unknown included")
    .choice("standardize", &TokensOptions::standardize,
            {"lower_and_strip_punctuation", "lower", "strip_punctuation", "none"},
            "what is done to the text first")
    .choice("split", &TokensOptions::split, {"whitespace", "character"}, "into tokens")
    .choice("output_mode", &TokensOptions::output_mode, {"int", "multi_hot", "count"},
            "indices, or marks or counts of tokens")
    .argument("output_sequence_length", &TokensOptions::output_sequence_length,
              "tokens kept of a row, 0 behind the last");

}  // namespace
}  // namespace tutti
