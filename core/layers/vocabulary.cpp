#include "core/layers/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/base/error.h"
#include "core/base/filesystem.h"

namespace tutti {

void refuse_vocabulary(const Config& config) {
  fail(config.where_or("vocabulary"),
       "a vocabulary is a list here, got {}; a config follows no path: list the tokens, leave them "
       "to adapt(), or give read_vocabulary(path) in C++",
       to_string(config));
}

std::vector<std::string> read_vocabulary(const std::string& path) {
  constexpr uint64_t kLimit = uint64_t{1} << 30;
  std::vector<std::string> lines{""};
  for (const char c : FileSystem::current().read(path, kLimit)) {
    if (c == '\n')
      lines.emplace_back();
    else if (c != '\r')
      lines.back() += c;
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string vocabulary_text(const std::vector<std::string>& tokens) {
  return fmt::format("{}", fmt::join(tokens, "\n"));
}

std::vector<std::string> vocabulary_of_text(std::string_view text, bool mask_is_empty) {
  std::vector<std::string> lines;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::vector<std::string> tokens;
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool mask = i == 0 && mask_is_empty;
    if (!mask && lines[i].empty() && i + 1 < lines.size() && lines[i + 1].empty()) {
      tokens.emplace_back("\n");
      ++i;
    } else {
      tokens.push_back(std::move(lines[i]));
    }
  }
  while (tokens.size() > 1 && tokens.back().empty()) tokens.pop_back();
  return tokens;
}

template <typename Token>
void TokenCounts<Token>::add_document(const std::vector<Token>& tokens) {
  ++documents_;
  for (const Token& token : tokens) {
    Count& count = counts_[token];
    ++count.all;
    if (std::exchange(count.last_document, documents_) != documents_) ++count.documents;
  }
}

template <typename Token>
void Vocabulary<Token>::check(const VocabularyRules<Token>& rules) {
  if (rules.max_tokens && *rules.max_tokens <= 1)
    fail(rules.where, "max_tokens is {}; use more than 1, or null for no limit", *rules.max_tokens);
  if (rules.pad_to_max_tokens && !rules.max_tokens)
    fail(rules.where, "pad_to_max_tokens needs max_tokens; give it");
  if (rules.num_oov_indices < 0)
    fail(rules.where, "num_oov_indices is {}; use 0 or more", rules.num_oov_indices);
  static const std::vector<std::string> kModes = {"int", "one_hot", "multi_hot", "count", "tf_idf"};
  if (std::find(kModes.begin(), kModes.end(), rules.output_mode) == kModes.end())
    fail(rules.where, "unknown output_mode '{}'{}", rules.output_mode,
         near_or(rules.output_mode, kModes,
                 fmt::format("; use one of {}", fmt::join(kModes, ", "))));
  if (rules.invert && rules.output_mode != "int")
    fail(rules.where, "output_mode is '{}', but what is inverted gives tokens; leave it 'int'",
         rules.output_mode);
}

template <typename Token>
int64_t Vocabulary<Token>::oov_start() const {
  return rules_.mask_token && rules_.output_mode == "int" ? 1 : 0;
}

template <typename Token>
std::vector<Token> Vocabulary<Token>::special_tokens() const {
  std::vector<Token> special;
  if (oov_start() == 1) special.push_back(*rules_.mask_token);
  special.resize(static_cast<size_t>(token_start()), rules_.oov_token.value_or(Token()));
  return special;
}

template <typename Token>
int64_t Vocabulary<Token>::size() const {
  return token_start() + static_cast<int64_t>(tokens_.size());
}

template <typename Token>
int64_t Vocabulary<Token>::depth() const {
  return rules_.pad_to_max_tokens ? *rules_.max_tokens : size();
}

template <typename Token>
Vocabulary<Token>::Vocabulary(VocabularyRules<Token> rules, std::vector<Token> tokens,
                              std::vector<double> idf)
    : rules_(std::move(rules)), tokens_(std::move(tokens)) {
  if (tokens_.empty()) fail(rules_.where, "the vocabulary is empty; give it tokens");
  const bool weighted = rules_.output_mode == "tf_idf";
  if (weighted != !idf.empty())
    fail(rules_.where, "idf_weights go with output_mode tf_idf, which is '{}' here; give {}",
         rules_.output_mode, weighted ? "them" : "none");
  if (weighted && idf.size() != tokens_.size() &&
      static_cast<int64_t>(idf.size()) != depth())  // padded ones come back from a file
    fail(rules_.where, "there are {} idf_weights for {} tokens; give one for each", idf.size(),
         tokens_.size());
  const auto special = special_tokens();
  const bool with_special = tokens_.size() >= special.size() &&
                            std::equal(special.begin(), special.end(), tokens_.begin());
  if (with_special)
    tokens_.erase(tokens_.begin(), tokens_.begin() + static_cast<int64_t>(special.size()));
  number_tokens();
  if (rules_.max_tokens && size() > *rules_.max_tokens)
    fail(rules_.where, "the vocabulary has {} tokens, max_tokens is {}; raise it or give fewer",
         size(), *rules_.max_tokens);
  if (!weighted) return;
  const double mean =
      std::accumulate(idf.begin(), idf.end(), 0.0) / static_cast<double>(idf.size());
  if (!with_special) idf_.assign(special.size(), static_cast<float>(mean));
  idf_.insert(idf_.end(), idf.begin(), idf.end());
  idf_.resize(static_cast<size_t>(depth()), 0.0f);
}

template <typename Token>
Vocabulary<Token>::Vocabulary(VocabularyRules<Token> rules, const TokenCounts<Token>& counts)
    : rules_(std::move(rules)) {
  std::vector<std::pair<int64_t, const Token*>> order;
  for (const auto& [token, count] : counts.counts())
    if (token != rules_.mask_token && token != rules_.oov_token)
      order.emplace_back(count.all, &token);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : *b.second < *a.second;
  });
  if (rules_.max_tokens) {
    const auto most = static_cast<size_t>(std::max<int64_t>(*rules_.max_tokens - token_start(), 0));
    order.resize(std::min(order.size(), most));
  }
  for (const auto& [count, token] : order) tokens_.push_back(*token);
  if (tokens_.empty())
    fail(ExitCode::data, rules_.where, "adapt() found no token; give it data that has some");
  number_tokens();
  if (rules_.output_mode != "tf_idf") return;
  const auto documents = static_cast<double>(counts.documents());
  float sum = 0;
  idf_.assign(static_cast<size_t>(token_start()), 0.0f);
  for (const Token& token : tokens_) {
    const auto found = static_cast<double>(counts.counts().at(token).documents);
    idf_.push_back(static_cast<float>(std::log(1 + documents / (1 + found))));
    sum += idf_.back();
  }
  std::fill_n(idf_.begin(), token_start(), sum / static_cast<float>(tokens_.size()));
  idf_.resize(static_cast<size_t>(depth()), 0.0f);
}

template <typename Token>
void Vocabulary<Token>::number_tokens() {
  for (size_t i = 0; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (token == rules_.mask_token)
      fail(rules_.where,
           "the vocabulary has the mask token '{}' among its tokens; leave special tokens out, or "
           "put them all in front",
           token);
    if (rules_.invert && token == rules_.oov_token)
      fail(rules_.where,
           "the vocabulary has the oov token '{}' among its tokens; leave special tokens out, or "
           "put them all in front",
           token);
    if (!index_.try_emplace(token, token_start() + static_cast<int64_t>(i)).second)
      fail(rules_.where, "the vocabulary has '{}' twice; give each token once", token);
  }
}

template <typename Token>
std::vector<Token> Vocabulary<Token>::tokens(bool include_special_tokens) const {
  auto all = include_special_tokens ? special_tokens() : std::vector<Token>();
  all.insert(all.end(), tokens_.begin(), tokens_.end());
  return all;
}

template <typename Token>
std::optional<int64_t> Vocabulary<Token>::find(const Token& token) const {
  if (token == rules_.mask_token) return rules_.output_mode == "int" ? 0 : -1;
  const auto found = index_.find(token);
  return found == index_.end() ? std::nullopt : std::optional<int64_t>(found->second);
}

template <typename Token>
Token Vocabulary<Token>::token_at(int64_t index) const {
  if (index == 0 && rules_.mask_token) return *rules_.mask_token;
  const int64_t at = index - token_start();
  if (at >= 0 && at < static_cast<int64_t>(tokens_.size())) return tokens_[static_cast<size_t>(at)];
  return rules_.oov_token.value_or(Token());
}

template class TokenCounts<std::string>;
template class TokenCounts<int64_t>;
template class Vocabulary<std::string>;
template class Vocabulary<int64_t>;

}  // namespace tutti
