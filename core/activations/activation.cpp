#include "core/activations/activation.h"

namespace tutti {
namespace {

class FunctionActivation final : public ActivationFunction {
 public:
  explicit FunctionActivation(std::function<Value(const Value&)> function)
      : function_(std::move(function)) {}
  Value operator()(const Value& x) const override { return function_(x); }

 private:
  std::function<Value(const Value&)> function_;
};

}  // namespace

std::shared_ptr<ActivationFunction> ActivationFunction::from_function(
    std::function<Value(const Value&)> function) {
  return std::make_shared<FunctionActivation>(std::move(function));
}

}  // namespace tutti
