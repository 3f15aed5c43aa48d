// one_hot(labels [...], n) -> [..., n], float32: 1 at the label, 0 elsewhere; a label outside [0,
// n) gives zeros. Labels are integers.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class OneHotOp final : public Op {
 public:
  explicit OneHotOp(int64_t classes) : classes_(classes) {}
  std::string_view name() const override { return "one_hot"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>&, std::span<const Value>) const override {
    return {Value()};
  }
  std::string parameters() const override { return std::to_string(classes_); }
  int64_t classes() const { return classes_; }

 private:
  int64_t classes_;
};

Value one_hot(const Value& labels, int64_t classes);
inline Tensor one_hot(const Tensor& labels, int64_t classes) {
  return evaluate(one_hot(Value(labels), classes));
}

}  // namespace tutti
