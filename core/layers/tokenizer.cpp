#include "core/layers/tokenizer.h"

namespace tutti {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Of ASCII alone, as tf.strings.lower; the marks are those of Keras's expression.
std::string standardized(std::string_view text, bool lower, bool strip) {
  constexpr std::string_view kMarks = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'";
  std::string result;
  for (const char c : text) {
    if (strip && kMarks.find(c) != std::string_view::npos) continue;
    result += lower && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : text) {
    if (is_space(c)) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    words.back() += c;
  }
  return words;
}

// Bytes of the character at the front, 0 if there is none: not cut, not overlong, no surrogate.
size_t character_size(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  return size;
}

}  // namespace

std::vector<std::string> characters_of(std::string_view text) {
  std::vector<std::string> characters;
  while (!text.empty()) {
    const size_t size = character_size(text);
    characters.emplace_back(size > 0 ? text.substr(0, size) : "\xef\xbf\xbd");
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return characters;
}

std::vector<std::string> Tokenizer::tokens(std::span<const std::string_view> row) const {
  const bool both = standardize("lower_and_strip_punctuation");
  std::vector<std::string> parts;
  for (const std::string_view text : row)
    parts.push_back(standardize.function ? standardize.function(text)
                                         : standardized(text, both || standardize("lower"),
                                                        both || standardize("strip_punctuation")));
  if (split.function)
    parts = split.function(parts.at(0));
  else if (split("whitespace"))
    parts = words_of(parts.at(0));
  else if (split("character"))
    parts = characters_of(parts.at(0));
  if (ngrams.empty()) return parts;
  std::vector<std::string> joined;
  for (const int64_t width : ngrams)
    for (size_t at = 0; at + static_cast<size_t>(width) <= parts.size(); ++at) {
      joined.push_back(parts[at]);
      for (size_t i = 1; i < static_cast<size_t>(width); ++i) joined.back() += " " + parts[at + i];
    }
  return joined;
}

}  // namespace tutti
