// A vocabulary by Keras's rules: special tokens in front, then tokens by falling count, ties by
// falling order; what StringLookup, IntegerLookup and TextVectorization look up in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/config_convert.h"

namespace tutti {

// A list of tokens as an argument. A config names no file: it may come from somebody else.
template <typename Token>
struct Tokens {
  Tokens() = default;
  Tokens(std::initializer_list<Token> tokens) : list(tokens) {}
  Tokens(std::vector<Token> tokens) : list(std::move(tokens)) {}
  std::vector<Token> list;
};
template <typename Token>
std::string type_name(const Tokens<Token>*) {
  return "list of " + type_name(static_cast<const Token*>(nullptr));
}
[[noreturn]] void refuse_vocabulary(const Config& config);  // that is no list
template <typename Token>
void read_config(const Config& config, Tokens<Token>& out) {
  if (!config.is_list()) refuse_vocabulary(config);
  read_config(config, out.list);
}
template <typename Token>
Config write_config(const Tokens<Token>& tokens) {
  return write_config(tokens.list);
}

// The lines of a text file, for set_vocabulary() and the argument vocabulary. Throws
// ExitCode::data for a file that is missing.
std::vector<std::string> read_vocabulary(const std::string& path);

template <typename Token>
struct VocabularyRules {
  std::string where;  // the layer's name, for messages
  std::optional<int64_t> max_tokens = {};
  int64_t num_oov_indices = 1;
  std::optional<Token> mask_token = {}, oov_token = {};
  bool invert = false;
  std::string output_mode = "int";  // int, one_hot, multi_hot, count, tf_idf
  bool pad_to_max_tokens = false;
};

// Tokens of documents, counted.
template <typename Token>
class TokenCounts {
 public:
  void add_document(const std::vector<Token>& tokens);
  struct Count {
    int64_t all = 0, documents = 0, last_document = 0;
  };
  const std::map<Token, Count>& counts() const { return counts_; }
  int64_t documents() const { return documents_; }

 private:
  std::map<Token, Count> counts_;
  int64_t documents_ = 0;
};

template <typename Token>
class Vocabulary {
 public:
  // Throws "[where] ..." for rules that contradict each other.
  static void check(const VocabularyRules<Token>& rules);
  // The tokens and their weights for tf_idf, with or without the special ones in front. Throws for
  // a token that is there twice, and beyond max_tokens.
  Vocabulary(VocabularyRules<Token> rules, std::vector<Token> tokens, std::vector<double> idf = {});
  Vocabulary(VocabularyRules<Token> rules, const TokenCounts<Token>& counts);

  int64_t size() const;   // with special tokens
  int64_t depth() const;  // of an encoding: size(), or max_tokens where it is padded to that
  std::vector<Token> tokens(bool include_special_tokens = true) const;
  const std::vector<Token>& own_tokens() const { return tokens_; }
  const std::vector<float>& idf_weights() const { return idf_; }  // one for each of depth()
  int64_t oov_start() const;
  int64_t token_start() const { return oov_start() + rules_.num_oov_indices; }
  const VocabularyRules<Token>& rules() const { return rules_; }

  // The index of a known token; of the mask token 0, or -1 (none) where tokens are encoded; no
  // value for others.
  std::optional<int64_t> find(const Token& token) const;
  // Of an index: the mask token, the oov token or another.
  Token token_at(int64_t index) const;

 private:
  void number_tokens();
  std::vector<Token> special_tokens() const;

  VocabularyRules<Token> rules_;
  std::vector<Token> tokens_;
  std::unordered_map<Token, int64_t> index_;
  std::vector<float> idf_;
};

// As Keras keeps them in vocabulary.txt: one a line. A token that is a line's end reads back too:
// it leaves two empty lines, and no vocabulary has "" twice.
std::string vocabulary_text(const std::vector<std::string>& tokens);
std::vector<std::string> vocabulary_of_text(std::string_view text, bool mask_is_empty);

}  // namespace tutti
