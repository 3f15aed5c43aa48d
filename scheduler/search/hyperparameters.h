// Hyperparameters as a function that builds a model asks for them, in Keras Tuner's words:
//
//   auto build = [](HyperParameters& hp) {
//     auto model = std::make_shared<Sequential>();
//     for (int64_t i = 0; i < hp.Int("layers", 1, 3); ++i)
//       model->add(Dense(hp.Int(fmt::format("units_{}", i), 32, 512, {.step = 32}), "relu"));
//     ...
//
// The space has them in the order in which they are asked for; of several in one call's arguments
// the compiler chooses the order.
//
// Source: keras_tuner.HyperParameters. What it calls hp.Fixed is a constant of the program.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/base/config.h"
#include "scheduler/space/search_space.h"

namespace tutti {

struct IntChoice {
  int64_t step = 1;
  std::string sampling = "linear";      // or "log", without a step
  std::optional<int64_t> initial = {};  // none: min_value
};
struct FloatChoice {
  std::optional<double> step = {};
  std::string sampling = "linear";
  std::optional<double> initial = {};
};

class HyperParameters {
 public:
  // Each gives the value that the trial has, or the default where there is none, as while the space
  // is looked for. Bounds may both be drawn. Throws for bounds that contradict, and for a name that
  // was asked for with others.
  int64_t Int(const std::string& name, int64_t min_value, int64_t max_value,
              const IntChoice& how = {});
  double Float(const std::string& name, double min_value, double max_value,
               const FloatChoice& how = {});
  bool Boolean(const std::string& name, bool initial = false);
  // Texts, numbers or bools; the first one is the default.
  template <typename T>
  auto Choice(const std::string& name, const std::vector<T>& values) {
    using Value = std::conditional_t<std::is_convertible_v<T, std::string>, std::string, T>;
    const Config chosen = choose(name, Config::List(values.begin(), values.end()));
    if constexpr (std::is_same_v<Value, std::string>)
      return chosen.as_string();
    else if constexpr (std::is_same_v<Value, bool>)
      return chosen.as_bool();
    else if constexpr (std::is_integral_v<Value>)
      return static_cast<Value>(chosen.as_int());
    else
      return static_cast<Value>(chosen.as_double());
  }
  template <typename T>
  auto Choice(const std::string& name, std::initializer_list<T> values) {
    return Choice(name, std::vector<T>(values));
  }

  // What is asked for while the scope lives is there only where `parent` has one of `values`.
  class Scope {
   public:
    ~Scope();
    Scope(const Scope&) = delete;

   private:
    friend class HyperParameters;
    explicit Scope(HyperParameters& owner) : owner_(owner) {}
    HyperParameters& owner_;
  };
  [[nodiscard]] Scope conditional_scope(const std::string& parent, std::vector<Config> values);

  const SearchSpace& space() const { return space_; }  // all that was asked for so far
  const std::map<std::string, Config>& values() const { return values_; }
  void set_values(std::map<std::string, Config> values) {
    values_ = std::move(values);
    unanswered_.clear();
  }
  // What was asked for and has no value, with the scopes that lived then.
  const std::vector<Hyperparameter>& unanswered() const { return unanswered_; }
  // Throws, naming those that there are.
  const Config& get(const std::string& name) const;

 private:
  Config ask(Hyperparameter hyperparameter);
  Config choose(const std::string& name, Config::List values);

  SearchSpace space_;
  std::vector<Condition> conditions_;  // of the scopes that live
  std::map<std::string, Config> values_;
  std::vector<Hyperparameter> unanswered_;
};

}  // namespace tutti
