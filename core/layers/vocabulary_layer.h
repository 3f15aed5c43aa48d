// How VocabularyLayer works, for the sources of the layers that derive from it.
#pragma once

#include <charconv>

#include "core/base/error.h"
#include "core/layers/category_encoding.h"
#include "core/layers/index_lookup.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"

namespace tutti {

template <typename Token, typename O>
VocabularyLayer<Token, O>::VocabularyLayer(O options, VocabularyRules<Token> rules)
    : options_(std::move(options)), rules_(std::move(rules)) {
  Vocabulary<Token>::check(rules_);
  refuse_sparse(rules_.where, options_.sparse);
  if (options_.vocabulary)
    vocabulary_ = std::make_shared<Vocabulary<Token>>(
        rules_, options_.vocabulary->list, options_.idf_weights.value_or(std::vector<double>()));
  else if (options_.idf_weights)
    fail(rules_.where, "has idf_weights without a vocabulary; give both or neither");
  if (vocabulary_) options_.vocabulary_size = vocabulary_->size();
}

template <typename Token, typename O>
VocabularyRules<Token> VocabularyLayer<Token, O>::named_rules() const {
  VocabularyRules<Token> rules = rules_;
  rules.where = where();
  return rules;
}

template <typename Token, typename O>
void VocabularyLayer<Token, O>::adopt(Vocabulary<Token> vocabulary) {
  if (built() && rules_.output_mode != "int" && depth() != vocabulary.depth())
    fail(where(),
         "the new vocabulary has {} places, the model was made for {}; give max_tokens and "
         "pad_to_max_tokens, or the vocabulary before the layer is called",
         vocabulary.depth(), depth());
  vocabulary_ = std::make_shared<Vocabulary<Token>>(std::move(vocabulary));
  options_.vocabulary_size = vocabulary_->size();
}

template <typename Token, typename O>
void VocabularyLayer<Token, O>::adapt(const Tensor& data) {
  if (options_.vocabulary)
    fail(where(), "was given a vocabulary; leave that out to adapt(), or leave out adapt()");
  TokenCounts<Token> counts;
  for (const auto& document : documents(data)) counts.add_document(document);
  adopt(Vocabulary<Token>(named_rules(), counts));
}

template <typename Token, typename O>
std::vector<std::vector<Token>> VocabularyLayer<Token, O>::documents(const Tensor& data) const {
  std::vector<Token> tokens;
  if constexpr (std::is_same_v<Token, std::string>)
    tokens = data.to_host().to_strings();
  else
    tokens = data.to_vector<int64_t>();
  const size_t width = static_cast<size_t>(std::max<int64_t>(data.shape().elements_per_row(), 1));
  std::vector<std::vector<Token>> rows;
  for (size_t at = 0; at + width <= tokens.size(); at += width)
    rows.emplace_back(tokens.begin() + static_cast<ptrdiff_t>(at),
                      tokens.begin() + static_cast<ptrdiff_t>(at + width));
  return rows;
}

template <typename Token, typename O>
void VocabularyLayer<Token, O>::set_vocabulary(std::vector<Token> tokens, std::vector<double> idf) {
  adopt(Vocabulary<Token>(named_rules(), tokens, idf));
  if (!options_.vocabulary) return;
  options_.vocabulary = Tokens<Token>(std::move(tokens));
  if (!idf.empty()) options_.idf_weights = std::move(idf);
}

template <typename Token, typename O>
const Vocabulary<Token>& VocabularyLayer<Token, O>::known() const {
  if (!vocabulary_)
    fail(where(), "has no vocabulary yet; call adapt() on the training data, or give one");
  return *vocabulary_;
}

template <typename Token, typename O>
std::vector<Token> VocabularyLayer<Token, O>::get_vocabulary(bool include_special_tokens) const {
  return known().tokens(include_special_tokens);
}

template <typename Token, typename O>
int64_t VocabularyLayer<Token, O>::vocabulary_size() const {
  return known().size();
}

template <typename Token, typename O>
int64_t VocabularyLayer<Token, O>::depth() const {
  if (vocabulary_) return vocabulary_->depth();
  if (rules_.pad_to_max_tokens) return *rules_.max_tokens;
  if (!options_.vocabulary_size) known();
  return *options_.vocabulary_size;
}

template <typename Token, typename O>
LayerAssets VocabularyLayer<Token, O>::save_assets() const {
  LayerAssets assets;
  if (!vocabulary_) return assets;
  std::vector<std::string> words;
  for (const Token& token : vocabulary_->tokens()) words.push_back(fmt::format("{}", token));
  // A given one is in the config; weights Keras wants in any case.
  if (!options_.vocabulary) assets.texts["vocabulary.txt"] = vocabulary_text(words);
  if (rules_.output_mode == "tf_idf")
    assets.arrays["idf_weights"] = Tensor::from(
        vocabulary_->idf_weights(), {static_cast<int64_t>(vocabulary_->idf_weights().size())});
  return assets;
}

template <typename Token, typename O>
void VocabularyLayer<Token, O>::load_assets(const LayerAssets& assets) {
  const auto text = assets.texts.find("vocabulary.txt");
  if (text == assets.texts.end()) return;
  const auto words = vocabulary_of_text(text->second, rules_.mask_token == Token());
  std::vector<Token> tokens;
  if constexpr (std::is_same_v<Token, std::string>) {
    tokens = words;
  } else {
    for (const auto& word : words) {
      int64_t value = 0;
      const auto end = std::from_chars(word.data(), word.data() + word.size(), value);
      if (end.ec != std::errc() || end.ptr != word.data() + word.size())
        fail(ExitCode::data, where(), "vocabulary.txt has '{}' where a whole number stands", word);
      tokens.push_back(value);
    }
  }
  std::vector<double> idf;
  if (const auto array = assets.arrays.find("idf_weights"); array != assets.arrays.end())
    idf = array->second.template to_vector<double>();
  adopt(Vocabulary<Token>(named_rules(), std::move(tokens), std::move(idf)));
}

template <typename Token, typename O>
Value VocabularyLayer<Token, O>::weighted(const Value& counts) const {
  if (!vocabulary_) return counts;  // a model that is yet to be told
  const auto& weights = vocabulary_->idf_weights();
  return counts *
         Value(Tensor::from(weights, {static_cast<int64_t>(weights.size())}).to(counts.dtype()));
}

template <typename Token, typename O>
Value VocabularyLayer<Token, O>::encoded(const Value& indices) const {
  if (rules_.output_mode == "int") return indices;
  const bool weighs = rules_.output_mode == "tf_idf";
  const Value marks =
      encode_categories(indices, weighs ? "count" : rules_.output_mode, depth(), encoding_dtype());
  return weighs ? weighted(marks) : marks;
}

}  // namespace tutti
