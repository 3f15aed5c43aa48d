// Lambda: a C++ function of values as a layer without weights.
//   Lambda([](const Value& x) { return x * 2.0; })
//
// A config can say only what it is called: Lambda("halve") is the function that the program entered
// with register_lambda("halve", ...). A config with anything else is refused, Python code above
// all.
#pragma once

#include <functional>
#include <string>

#include "core/layers/layer.h"

namespace tutti {

class LambdaFunction {
 public:
  using Function = std::function<Value(const std::vector<Value>& inputs)>;
  LambdaFunction() = default;
  LambdaFunction(const char* name) : LambdaFunction(std::string(name)) {}
  LambdaFunction(std::string name);  // throws for one that is not registered
  template <typename F>
  requires std::is_invocable_r_v < Value, F, const std::vector<Value>
  & > LambdaFunction(F function) : function_(std::move(function)) {}
  template <typename F>
  requires std::is_invocable_r_v<Value, F, const Value&> LambdaFunction(F function)
      : function_([function = std::move(function)](const std::vector<Value>& inputs) {
          return function(inputs.at(0));
        }),
        takes_one_(true) {}

  explicit operator bool() const { return function_ != nullptr; }
  const std::string& name() const { return name_; }  // "" where it has none
  bool takes_one() const { return takes_one_; }
  Value operator()(const std::vector<Value>& inputs) const { return function_(inputs); }

 private:
  friend void register_lambda(std::string name, LambdaFunction function);
  std::string name_;
  Function function_;
  bool takes_one_ = false;
};

// Throws for a name that is taken.
void register_lambda(std::string name, LambdaFunction function);

inline std::string type_name(const LambdaFunction*) { return "name of a registered function"; }
void read_config(const Config& config, LambdaFunction& out);
Config write_config(const LambdaFunction& function);

struct LambdaOptions {
  LambdaFunction function = {};
  std::optional<Shape> output_shape = {};  // as Keras has it: without rows; checked where given
};

class LambdaLayer final : public Layer {
 public:
  using Options = LambdaOptions;
  explicit LambdaLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Lambda = LayerOf<LambdaLayer>;

}  // namespace tutti
