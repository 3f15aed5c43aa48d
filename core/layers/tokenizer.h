// Text to tokens: what TextVectorization does before it looks them up.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/config_convert.h"

namespace tutti {

// A step of text that a word names, a C++ function does, or none.
template <typename R>
struct TextStep {
  TextStep() = default;
  TextStep(std::nullptr_t) {}
  TextStep(const char* name) : word(name) {}
  template <typename F>
  requires std::is_invocable_r_v<R, F, std::string_view> TextStep(F does)
      : function(std::move(does)) {}
  bool operator()(const char* name) const { return word == name; }
  std::optional<std::string> word;
  std::function<R(std::string_view)> function;
};
template <typename R>
std::string type_name(const TextStep<R>*) {
  return "text, null or function (C++ only)";
}
template <typename R>
void read_config(const Config& config, TextStep<R>& out) {
  out = {};
  read_config(config, out.word);
}
template <typename R>
Config write_config(const TextStep<R>& step) {
  return step.function ? write_config(step.function) : write_config(step.word);
}

struct Tokenizer {
  TextStep<std::string> standardize;
  TextStep<std::vector<std::string>> split;
  std::vector<int64_t> ngrams;  // widths; none: the tokens themselves

  // The tokens of a row of texts: where they are split, of the only one; else the texts.
  std::vector<std::string> tokens(std::span<const std::string_view> row) const;
};

// Characters of UTF-8; bytes that are none become U+FFFD.
std::vector<std::string> characters_of(std::string_view text);

}  // namespace tutti
