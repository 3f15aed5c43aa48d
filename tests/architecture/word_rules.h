// Names that say nothing, and words that promise instead of doing.
#pragma once

#include <regex>
#include <set>

#include "tests/architecture/cpp_text.h"

namespace tutti::architecture {

// Paths: snake_case sources, and no room for what nobody found a name for.
inline std::vector<Breach> name_breaches(const std::vector<std::string>& paths) {
  static const std::set<std::string> empty_words = {"util",   "utils",   "common",
                                                    "helper", "helpers", "misc"};
  static const std::regex snake("^[a-z0-9_]+$");
  std::vector<Breach> breaches;
  for (const std::string& path : paths) {
    const std::string trimmed = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
    const std::string name = trimmed.substr(trimmed.rfind('/') + 1);
    const std::string stem = name.substr(0, name.find('.'));
    std::string word;
    for (const char letter : stem + "_") {
      if (letter != '_' && letter != '-') {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
        continue;
      }
      if (empty_words.contains(word))
        breaches.push_back({path, 0, "\"" + word + "\" names nothing"});
      word.clear();
    }
    if (is_cpp(path) && !std::regex_match(stem, snake)) {
      breaches.push_back({path, 0, "not snake_case"});
    }
  }
  return breaches;
}

struct ForbiddenWord {
  std::string word;
  std::string why;
};

// Written in two halves, so that this list does not find itself.
inline const std::vector<ForbiddenWord>& forbidden_words() {
  static const std::vector<ForbiddenWord> words = {
      {"TO"
       "DO",
       "do it or leave it"},
      {"FIX"
       "ME",
       "fix it"},
      {"XX"
       "X",
       "say what is meant"},
      {"HA"
       "CK",
       "say why it is needed, or mend it"},
      {"DISABLED"
       "_",
       "a test that never runs; skip it at run time, with a reason"},
      {"GTEST_SKIP()"
       ";",
       "skipped without a reason"},
      {"#if"
       " 0",
       "dead code"},
      {"using namespace"
       " std",
       "names from everywhere"},
  };
  return words;
}

inline std::vector<Breach> word_breaches(const std::vector<TextFile>& files) {
  static const std::regex home("(^|[\\s\"'=(])/(home|root|work|Users)/");
  std::vector<Breach> breaches;
  for (const TextFile& file : files) {
    int number = 0;
    for (const std::string& line : lines_of(file.text)) {
      ++number;
      for (const ForbiddenWord& entry : forbidden_words()) {
        const bool open_ended = entry.word.back() == '_' || entry.word.back() == ';';
        const bool found =
            open_ended ? line.find(entry.word) != std::string::npos : has_word(line, entry.word);
        if (found) breaches.push_back({file.path, number, entry.word + ": " + entry.why});
      }
      if (std::regex_search(line, home)) {
        breaches.push_back({file.path, number, "a path of one machine"});
      }
    }
  }
  return breaches;
}

}  // namespace tutti::architecture
