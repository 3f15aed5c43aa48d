// StringLookup and IntegerLookup: tokens to their numbers in a vocabulary, and back.
#pragma once

#include "core/layers/hashing.h"
#include "core/layers/layer.h"
#include "core/layers/vocabulary.h"

namespace tutti {

// What layers with a vocabulary share: it is given, learnt by adapt(), set, or read with the
// model's assets. `Options` are the layer's own.
template <typename Token, typename O>
class VocabularyLayer : public Layer {
 public:
  using Options = O;
  const Options& options() const { return options_; }

  // Counts the tokens of all of `data` and keeps the most frequent. Throws where a vocabulary was
  // given.
  void adapt(const Tensor& data) override;
  bool waits_for_adapt() const override { return !vocabulary_; }
  // With or without the special tokens in front; idf_weights go with output_mode tf_idf.
  void set_vocabulary(std::vector<Token> tokens, std::vector<double> idf_weights = {});
  std::vector<Token> get_vocabulary(bool include_special_tokens = true) const;
  int64_t vocabulary_size() const;
  // vocabulary.txt and, for tf_idf, idf_weights; nothing where the config has them.
  LayerAssets save_assets() const override;
  void load_assets(const LayerAssets& assets) override;

 protected:
  VocabularyLayer(Options options, VocabularyRules<Token> rules);
  // The tokens of each row of `data`.
  virtual std::vector<std::vector<Token>> documents(const Tensor& data) const;
  using Known = std::shared_ptr<const Vocabulary<Token>>;
  const Known& vocabulary() const { return vocabulary_; }  // null while there is none
  const Vocabulary<Token>& known() const;                  // throws while there is none
  int64_t depth() const;  // of an encoding; may be known before the vocabulary is
  // Indices as output_mode says.
  Value encoded(const Value& indices) const;
  Value weighted(const Value& counts) const;  // counts times idf_weights
  DType encoding_dtype() const { return is_floating(dtype()) ? dtype() : DType::f32; }

 private:
  void adopt(Vocabulary<Token> vocabulary);
  VocabularyRules<Token> named_rules() const;

  Options options_;
  VocabularyRules<Token> rules_;
  Known vocabulary_;
};

struct StringLookupOptions {
  std::optional<int64_t> max_tokens = {};  // special tokens included
  int64_t num_oov_indices = 1;             // for unknown tokens; 0: they are an error
  std::optional<std::string> mask_token = {};
  std::optional<std::string> oov_token = "[UNK]";
  std::optional<Tokens<std::string>> vocabulary = {};
  std::optional<std::vector<double>> idf_weights = {};
  bool invert = false;
  std::string output_mode = "int";
  bool pad_to_max_tokens = false;
  bool sparse = false;
  std::string encoding = "utf-8";
  std::optional<std::vector<int64_t>> salt = {};
  std::string oov_method = "floormod";  // of numbers alone: Keras's configs of text have it too
  std::optional<int64_t> vocabulary_size = {};  // where it is known and the tokens are not yet
};

// Text (rows, ...) to int64, or to marks, counts or weights; inverted whole numbers to text.
class StringLookupLayer final : public VocabularyLayer<std::string, StringLookupOptions> {
 public:
  explicit StringLookupLayer(Options options);
  DType input_dtype() const override { return options().invert ? DType::i64 : DType::string; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;
};
using StringLookup = LayerOf<StringLookupLayer>;

struct IntegerLookupOptions {
  std::optional<int64_t> max_tokens = {};
  int64_t num_oov_indices = 1;  // for unknown numbers; 0: they become -1
  std::optional<int64_t> mask_token = {};
  std::optional<int64_t> oov_token = -1;
  std::optional<Tokens<int64_t>> vocabulary = {};
  std::string vocabulary_dtype = "int64";
  std::optional<std::vector<double>> idf_weights = {};
  bool invert = false;
  std::string output_mode = "int";
  bool sparse = false;
  bool pad_to_max_tokens = false;
  std::string oov_method = "floormod";
  std::optional<std::vector<int64_t>> salt = {};
  std::optional<int64_t> vocabulary_size = {};
};

// Whole numbers to int64, or to marks, counts or weights, and back: ops of the graph.
class IntegerLookupLayer final : public VocabularyLayer<int64_t, IntegerLookupOptions> {
 public:
  explicit IntegerLookupLayer(Options options);
  DType input_dtype() const override { return DType::i64; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Value index_of(const Value& numbers) const;
  Value number_at(const Value& indices) const;
};
using IntegerLookup = LayerOf<IntegerLookupLayer>;

}  // namespace tutti
