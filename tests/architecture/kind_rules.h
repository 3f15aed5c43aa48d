// What adding one touches: a kind is a header, a source and a test, and no list anywhere names it.
#pragma once

#include <ostream>

#include "tests/architecture/cpp_text.h"

namespace tutti::architecture {

struct Kind {
  std::string folder;  // "core/layers"
  std::string file;    // "dropout"
  std::string type;    // "Dropout"
  // Where another category has a kind of the same name: "core/metrics/" for a loss.
  std::string namesakes = "none";
};

inline void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.folder << "/" << kind.file;
}

inline std::vector<std::string> files_of(const Kind& kind) {
  return {kind.folder + "/" + kind.file + ".cpp", kind.folder + "/" + kind.file + ".h",
          "tests/" + kind.folder + "/" + kind.file + "_test.cpp"};
}

// Does an identifier in `code` begin with the type's name? "Dropout", "DropoutLayer",
// "DropoutOptions".
inline bool names_type(const std::string& code, const std::string& type) {
  for (size_t at = code.find(type); at != std::string::npos; at = code.find(type, at + 1)) {
    const char before = at == 0 ? ' ' : code[at - 1];
    if (!std::isalnum(static_cast<unsigned char>(before)) && before != '_') return true;
  }
  return false;
}

// Programs that use a kind may name it: tests, benchmarks, examples. The suites that every kind
// goes through are no such program: a suite that names one keeps a list.
inline bool may_name_kinds(const std::string& path) {
  return starts_with_any(path, {"tests/", "benchmarks/", "launch/examples/"}) &&
         !path.starts_with("tests/conformance/") && !path.ends_with("CMakeLists.txt");
}

// Breaches: one of its three files is missing or its test does not name it, another file is named
// after it in the same folders, or the engine, the build or a suite names it elsewhere.
inline std::vector<Breach> kind_breaches(const Kind& kind, const std::vector<TextFile>& files) {
  const std::vector<std::string> own = files_of(kind);
  std::vector<Breach> breaches;
  std::vector<std::string> missing = own;
  for (const TextFile& file : files) {
    if (std::erase(missing, file.path) > 0) {
      if (!names_type(file.text, kind.type))
        breaches.push_back({file.path, 0, "does not name " + kind.type});
      continue;
    }
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    const bool same_room = file.path.starts_with(kind.folder + "/") ||
                           file.path.starts_with("tests/" + kind.folder + "/");
    if (same_room && name.starts_with(kind.file + ".")) {
      breaches.push_back({file.path, 0, "a fourth file for " + kind.type});
    }
    if (may_name_kinds(file.path)) continue;
    if (!is_cpp(file.path) && !file.path.ends_with(".cmake") && !file.path.ends_with(".txt"))
      continue;
    if (file.path.starts_with(kind.namesakes)) continue;
    const std::string header = kind.folder + "/" + kind.file + ".h";
    int number = 0;
    for (const std::string& line : lines_of(file.text)) {
      ++number;
      const std::string code = line.substr(0, line.find("//"));
      if (names_type(code, kind.type) || (!same_room && code.find(header) != std::string::npos)) {
        breaches.push_back({file.path, number, "names " + kind.type});
      }
    }
  }
  for (const std::string& path : missing) breaches.push_back({path, 0, "is missing"});
  return breaches;
}

}  // namespace tutti::architecture
