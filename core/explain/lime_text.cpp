#include "core/explain/lime_text.h"

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/base/random.h"

namespace tutti {
namespace {

bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || byte == '_' || (byte >= '0' && byte <= '9') ||
         (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

// Each sample hides a number of words that is itself drawn, as the package does.
Matrix draw_masks(int64_t samples, int64_t words, uint64_t seed) {
  Matrix masks(samples, words);
  std::fill(masks.values.begin(), masks.values.end(), 1.0);
  Random random(seed);
  std::vector<int64_t> order(static_cast<size_t>(words));
  for (int64_t i = 1; i < samples; ++i) {
    std::iota(order.begin(), order.end(), int64_t{0});
    const auto hidden = 1 + random.below(static_cast<uint64_t>(words));
    for (size_t j = 0; j < hidden; ++j) {
      std::swap(order[j], order[j + random.below(order.size() - j)]);
      masks(i, order[j]) = 0;
    }
  }
  return masks;
}

}  // namespace

IndexedText::IndexedText(const std::string& text, bool bow, std::string mask_string)
    : bow_(bow), mask_string_(std::move(mask_string)) {
  for (size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    const bool word = in_word(text[begin]);
    while (end < text.size() && in_word(text[end]) == word) ++end;
    Token token{text.substr(begin, end - begin), -1};
    if (word) {
      const auto known = std::find(words_.begin(), words_.end(), token.text);
      token.word = bow_ ? known - words_.begin() : static_cast<int64_t>(words_.size());
      if (token.word == static_cast<int64_t>(words_.size())) words_.push_back(token.text);
    }
    tokens_.push_back(std::move(token));
  }
}

std::string IndexedText::without(std::span<const double> present) const {
  std::string text;
  for (const Token& token : tokens_) {
    if (token.word < 0 || present[static_cast<size_t>(token.word)] != 0)
      text += token.text;
    else if (!bow_)
      text += mask_string_;
  }
  return text;
}

std::vector<LimeExplanation> LimeTextExplainer::explain_masks(const IndexedText& text,
                                                              const Matrix& masks,
                                                              const TextPredictFunction& predict,
                                                              const LimeRequest& request) const {
  std::vector<std::string> texts;
  for (int64_t i = 0; i < masks.rows; ++i) texts.push_back(text.without(masks.row(i)));
  LimeNeighborhood around;
  around.features = masks;
  around.distances = distances_to_first(masks, LimeDistance::cosine);
  for (double& distance : around.distances) distance *= 100;
  const auto predict_all = [&](const Tensor&) { return predict(texts); };
  around.predictions = predictions_of(predict_all, Tensor::zeros({masks.rows}), "lime");
  auto explanations =
      explain_outputs(around, request, {10, options_.kernel_width, options_.feature_selection});
  for (auto& explanation : explanations)
    for (auto& item : explanation.contributions)
      item.name = text.words()[static_cast<size_t>(item.feature)];
  return explanations;
}

std::vector<LimeExplanation> LimeTextExplainer::explain_instance(const std::string& text,
                                                                 const TextPredictFunction& predict,
                                                                 const LimeRequest& request) const {
  const IndexedText indexed(text, options_.bow, options_.mask_string);
  const auto words = static_cast<int64_t>(indexed.words().size());
  if (words == 0) fail("lime", "a text without words; there is nothing to explain");
  if (request.num_samples < 2)
    fail("lime", "num_samples is {}; use some hundreds", request.num_samples);
  return explain_masks(indexed, draw_masks(request.num_samples, words, options_.seed), predict,
                       request);
}

}  // namespace tutti
