#pragma once

#include <variant>
#include <vector>

namespace tutti::membership {

// The last action of a kind; null if there is none.
template <typename T, typename Action>
const T* find_action(const std::vector<Action>& actions) {
  const T* last = nullptr;
  for (const Action& action : actions)
    if (const T* found = std::get_if<T>(&action)) last = found;
  return last;
}

}  // namespace tutti::membership
