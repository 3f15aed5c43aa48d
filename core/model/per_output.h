// Something for each output of a model: one for all, a list in the order of the outputs, or a map
// by their names: "mse", {"mse", "mae"}, {{"class", "mse"}, {"hours", "mae"}}.
#pragma once

#include <concepts>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tutti {

template <typename T>
struct PerOutput {
  PerOutput() = default;
  template <typename U>
  requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, PerOutput>)
      PerOutput(U&& one)
      : all(T(std::forward<U>(one))) {}
  PerOutput(std::vector<T> each) : list(std::move(each)) {}
  PerOutput(std::initializer_list<T> each) : list(each) {}
  PerOutput(std::map<std::string, T> named) : named(std::move(named)) {}
  PerOutput(std::initializer_list<std::pair<const std::string, T>> named) : named(named) {}

  bool empty() const { return !all && list.empty() && named.empty(); }
  // Throws "[where] what ..." unless it fits outputs of these names: a list has one for each, a map
  // names no other, and, where it is to be `complete`, all of them.
  void check(const std::vector<std::string>& outputs, const std::string& where, const char* what,
             bool complete) const;
  // That of an output; null for none. After check().
  const T* of(size_t output, const std::vector<std::string>& outputs) const {
    if (all) return &*all;
    if (const auto found = named.find(outputs[output]); found != named.end()) return &found->second;
    return output < list.size() ? &list[output] : nullptr;
  }

  std::optional<T> all;
  std::vector<T> list;
  std::map<std::string, T> named;
};

// Throws "[where] what ..." unless `names` are outputs, and all of them where they are to be
// `complete`.
void check_output_names(const std::vector<std::string>& names,
                        const std::vector<std::string>& outputs, const std::string& where,
                        const char* what, bool complete);
void check_output_count(size_t count, const std::vector<std::string>& outputs,
                        const std::string& where, const char* what);

template <typename T>
std::vector<std::string> names_in(const std::map<std::string, T>& named) {
  std::vector<std::string> names;
  for (const auto& [name, value] : named) names.push_back(name);
  return names;
}

template <typename T>
void PerOutput<T>::check(const std::vector<std::string>& outputs, const std::string& where,
                         const char* what, bool complete) const {
  if (!list.empty()) check_output_count(list.size(), outputs, where, what);
  if (!named.empty()) check_output_names(names_in(named), outputs, where, what, complete);
}

}  // namespace tutti
