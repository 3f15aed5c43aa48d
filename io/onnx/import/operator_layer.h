// A node of an ONNX file as a layer: its weights are the file's initializers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/layers/layer.h"

namespace tutti::onnx {

class OnnxOperatorLayer final : public Layer {
 public:
  // The outputs from the inputs that are computed, on the weights' current versions.
  using Compute = std::function<std::vector<Value>(const std::vector<Value>& inputs)>;
  void set_compute(Compute compute) { compute_ = std::move(compute); }
  // A trainable weight that begins as a tensor.
  VariablePtr adopt(const std::string& name, const Tensor& tensor);

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override { return compute_(inputs); }
  bool fits(const Shape&, const Shape&) const override { return true; }

 private:
  Compute compute_;
};

}  // namespace tutti::onnx
