#include "io/onnx/import/operator_layer.h"

namespace tutti::onnx {
namespace {

class GivenTensor final : public Initializer {
 public:
  explicit GivenTensor(Tensor tensor) : tensor_(std::move(tensor)) {}
  Tensor operator()(const Shape&, DType dtype) const override { return tensor_.to(dtype); }

 private:
  Tensor tensor_;
};

}  // namespace

VariablePtr OnnxOperatorLayer::adopt(const std::string& name, const Tensor& tensor) {
  return add_weight(name, tensor.shape(), std::make_shared<GivenTensor>(tensor), nullptr, true,
                    tensor.dtype());
}

}  // namespace tutti::onnx
