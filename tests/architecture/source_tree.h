// The project's files as text, and what a rule says of them. Every rule is a function of strings,
// so that its own test can show it a planted breach.
#pragma once

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::architecture {

struct TextFile {
  std::string path;  // relative to the repository's root, with '/'
  std::string text;
};

struct Breach {
  std::string path;
  int line = 0;  // 1-based; 0 means the file or folder itself
  std::string what;
};

inline bool operator==(const Breach& a, const Breach& b) {
  return a.path == b.path && a.line == b.line && a.what == b.what;
}

inline std::string report(const std::vector<Breach>& breaches) {
  std::string out;
  for (const Breach& breach : breaches) {
    out += breach.path + ":" + std::to_string(breach.line) + ": " + breach.what + "\n";
  }
  return out;
}

inline bool starts_with_any(std::string_view text, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return text.starts_with(prefix); });
}

inline bool is_cpp(std::string_view path) {
  for (const char* ending : {".h", ".cpp", ".cu", ".cuh"}) {
    if (path.ends_with(ending)) return true;
  }
  return false;
}

// Made things and the version control's own are not the project's text.
inline bool is_made(const std::string& name) {
  return name == ".git" || name == ".venv" || name == "build" || name == "runs" ||
         name == "__pycache__" || name == ".cache" || name == "shared";
}

// Every file below root, made ones left out, sorted by path. Folders are named with a '/' at the
// end.
inline std::vector<std::string> list_tree(const std::filesystem::path& root) {
  std::vector<std::string> paths;
  auto entries = std::filesystem::recursive_directory_iterator(root);
  for (auto entry = begin(entries); entry != end(entries); ++entry) {
    if (is_made(entry->path().filename().string())) {
      entry.disable_recursion_pending();
      continue;
    }
    std::string path = std::filesystem::relative(entry->path(), root).generic_string();
    paths.push_back(entry->is_directory() ? path + "/" : path);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Files that people write: sources, build files, scripts, pages. Data and licences are not among
// them.
inline bool is_written(const std::string& path) {
  for (const char* ending : {".txt", ".yaml", ".json"}) {
    if (path.ends_with(ending)) return path.find("goldens") == std::string::npos;
  }
  for (const char* ending : {".cmake", ".in", ".proto", ".py", ".sh", ".md"}) {
    if (path.ends_with(ending)) return true;
  }
  const std::string name = path.substr(path.rfind('/') + 1);
  const bool script = name.find('.') == std::string::npos && name != "LICENSE" && name != "NOTICE";
  return is_cpp(path) || script;
}

inline std::vector<TextFile> read_tree(const std::filesystem::path& root) {
  std::vector<TextFile> files;
  for (const std::string& path : list_tree(root)) {
    if (!path.ends_with('/') && is_written(path)) files.push_back({path, read_text(root / path)});
  }
  return files;
}

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

inline int line_at(std::string_view text, size_t position) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + position, '\n'));
}

// Does `word` stand in `text` with no letter, digit or underscore beside it?
inline bool has_word(std::string_view text, std::string_view word) {
  auto part_of_name = [&](size_t at) {
    return at < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_');
  };
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    if ((at == 0 || !part_of_name(at - 1)) && !part_of_name(at + word.size())) return true;
  }
  return false;
}

}  // namespace tutti::architecture
