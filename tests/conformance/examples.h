// Examples of kinds. A kind's own test enters one at load, beside what it says of that kind:
//
//   const test::EnterLayer kDense("Dense", {.arguments = {{"units", 3}}, .inputs = {{5, 4}}});
//
// The suite of its category (layers_conformance_test.cpp) is built into the same program, takes
// every example through its cases and names the registered kinds that have none.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/registry.h"
#include "core/base/shape.h"

namespace tutti::test {

// By the kind's name; a kind may have several.
template <typename Example>
std::multimap<std::string, Example>& examples() {
  static std::multimap<std::string, Example> entered;
  return entered;
}

template <typename Example>
struct EnterExample {
  EnterExample(std::string kind, Example example) {
    examples<Example>().emplace(std::move(kind), std::move(example));
  }
};

// Registered kinds that nobody entered an example of.
template <typename Example>
std::vector<std::string> kinds_without_example(std::string_view category) {
  std::vector<std::string> missing;
  for (const KindInfo* kind : kinds_of(category))
    if (!examples<Example>().contains(kind->name)) missing.push_back(kind->name);
  return missing;
}

struct LayerExample {
  nlohmann::json arguments = nlohmann::json::object();
  std::vector<Shape> inputs;  // of 5 rows each
  int64_t below = 0;          // inputs are whole numbers from 0 to below it; 0: real numbers
  std::vector<std::string> words = {};  // inputs are these in turn, text
  // While training it gives its weights other values, so that a slope is one at those.
  bool assigns_weights = false;
  bool moves() const { return below == 0 && words.empty(); }  // whether inputs have gradients
};
using EnterLayer = EnterExample<LayerExample>;

// Nested lists of numbers, 5 rows each; whole numbers in y_true are labels of classes.
struct LossExample {
  nlohmann::json y_true, y_pred;
};
using EnterLoss = EnterExample<LossExample>;

}  // namespace tutti::test
