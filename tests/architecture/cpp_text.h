// C++ text without what is not code, and the functions in it. No parser: braces, brackets and the
// words before them are enough for files that follow the house's style.
#pragma once

#include <regex>

#include "tests/architecture/source_tree.h"

namespace tutti::architecture {

// Blanks out from `begin` to `end`, keeping line ends, so that positions stay.
inline void blank(std::string& text, size_t begin, size_t end) {
  for (size_t i = begin; i < std::min(end, text.size()); ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
}

// The position after the literal or comment that begins at `at`, or `at` if none does.
inline size_t end_of_non_code(const std::string& text, size_t at) {
  auto after = [&](size_t found, size_t length) {
    return found == std::string::npos ? text.size() : found + length;
  };
  if (text.compare(at, 2, "//") == 0) return after(text.find('\n', at), 0);
  if (text.compare(at, 2, "/*") == 0) return after(text.find("*/", at + 2), 2);
  if (text.compare(at, 2, "R\"") == 0) {
    const size_t open = text.find('(', at);
    if (open == std::string::npos) return text.size();
    const std::string close = ")" + text.substr(at + 2, open - at - 2) + "\"";
    return after(text.find(close, open), close.size());
  }
  const char quote = text[at];
  const bool digit_separator =
      quote == '\'' && at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1]));
  if ((quote != '"' && quote != '\'') || digit_separator) return at;
  size_t end = at + 1;
  while (end < text.size() && text[end] != quote && text[end] != '\n') {
    end += text[end] == '\\' ? 2 : 1;
  }
  return end + 1;
}

// Blanks out each preprocessor directive with its continuation lines.
inline void blank_directives(std::string& text) {
  size_t begin = 0;
  bool continued = false;
  while (begin < text.size()) {
    size_t end = text.find('\n', begin);
    if (end == std::string::npos) end = text.size();
    const size_t first = text.find_first_not_of(" \t", begin);
    const bool directive = continued || (first < end && text[first] == '#');
    continued = directive && end > begin && text[end - 1] == '\\';
    if (directive) blank(text, begin, end);
    begin = end + 1;
  }
}

inline std::string code_only(std::string text) {
  blank_directives(text);
  for (size_t at = 0; at < text.size();) {
    const size_t end = end_of_non_code(text, at);
    if (end > at) blank(text, at, end);
    at = std::max(end, at + 1);
  }
  return text;
}

struct Function {
  int first_line;  // of its declaration
  int open_line;   // of its opening brace
  int last_line;   // of its closing brace
};

inline size_t closing_brace(const std::string& code, size_t open) {
  int depth = 0;
  for (size_t at = open; at < code.size(); ++at) {
    if (code[at] == '{') ++depth;
    if (code[at] == '}' && --depth == 0) return at;
  }
  return code.size() - 1;
}

// What stands between the last statement and an opening brace says what the brace opens.
inline bool opens_scope(std::string_view header) {
  while (header.starts_with("template")) {
    size_t at = header.find('<');
    for (int depth = 0; at < header.size(); ++at) {
      depth += header[at] == '<' ? 1 : header[at] == '>' ? -1 : 0;
      if (depth == 0) break;
    }
    header.remove_prefix(std::min(header.size(), at + 1));
    header.remove_prefix(std::min(header.size(), header.find_first_not_of(" \n")));
  }
  for (const char* word : {"namespace", "inline namespace", "class", "struct", "union", "extern"}) {
    if (header.starts_with(word)) return true;
  }
  return false;
}

inline bool opens_function(const std::string& code, std::string_view header, size_t open) {
  if (header.starts_with("enum") || header.find('(') == std::string_view::npos) return false;
  const size_t last = code.find_last_not_of(" \n", open - 1);
  static const std::regex members(R"(\)\s*(noexcept\s*)?:[^:])");
  if (std::regex_search(header.begin(), header.end(), members)) {  // "S() : a_{1}, b_(2) {"
    return code[last] == ')' || code[last] == '}';
  }
  if (code[last] == ')' || code[last] == ']') return true;
  const size_t close = header.rfind(')');  // const, noexcept, override, -> type may follow
  return close != std::string_view::npos &&
         header.substr(close).find_first_of("=,") == std::string_view::npos;
}

// Every function that is not inside another one.
inline std::vector<Function> functions_of(const std::string& text) {
  const std::string code = code_only(text);
  std::vector<Function> found;
  size_t begin = 0;  // of the statement that is being read
  for (size_t at = 0; at < code.size(); ++at) {
    if (code[at] == ';' || code[at] == '}') begin = at + 1;
    if (code[at] != '{') continue;
    const size_t first = std::min(code.find_first_not_of(" \n", begin), at);
    const std::string_view header = std::string_view(code).substr(first, at - first);
    if (opens_scope(header)) {
      begin = at + 1;
      continue;
    }
    const size_t close = closing_brace(code, at);
    if (opens_function(code, header, at)) {
      found.push_back({line_at(code, first), line_at(code, at), line_at(code, close)});
      begin = close + 1;
    }
    at = close;
  }
  return found;
}

}  // namespace tutti::architecture
