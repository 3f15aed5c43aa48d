// LIME for texts: which words decide.
#pragma once

#include "core/explain/lime.h"

namespace tutti {

using TextPredictFunction = std::function<Tensor(const std::vector<std::string>& texts)>;

struct LimeTextOptions {
  double kernel_width = 25;  // of the cosine distance times 100
  std::string feature_selection = "auto";
  bool bow = true;  // a word is one feature wherever it stands; else each place is one
  std::string mask_string = "UNKWORDZ";  // what replaces a place
  uint64_t seed = 0;
};

// A text as words: letters, digits, _ and all bytes beyond ASCII; and what stands between them.
class IndexedText {
 public:
  IndexedText(const std::string& text, bool bow, std::string mask_string);
  const std::vector<std::string>& words() const { return words_; }  // the features, in order
  // The text with the words where `present` is 0 removed (bow) or masked.
  std::string without(std::span<const double> present) const;

 private:
  struct Token {
    std::string text;
    int64_t word;  // -1 between words
  };
  std::vector<Token> tokens_;
  std::vector<std::string> words_;
  bool bow_;
  std::string mask_string_;
};

class LimeTextExplainer {
 public:
  explicit LimeTextExplainer(LimeTextOptions options = {}) : options_(std::move(options)) {}

  std::vector<LimeExplanation> explain_instance(const std::string& text,
                                                const TextPredictFunction& predict,
                                                const LimeRequest& request = {}) const;
  // From masks drawn by anybody (samples, words); row 0 is all ones.
  std::vector<LimeExplanation> explain_masks(const IndexedText& text, const Matrix& masks,
                                             const TextPredictFunction& predict,
                                             const LimeRequest& request) const;

 private:
  LimeTextOptions options_;
};

}  // namespace tutti
