// Writer: the tensors and operators of a LiteRT file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "io/tflite/tflite_generated.h"

namespace tutti::tflite {

using Id = int32_t;  // of a tensor
using Op = schema::BuiltinOperator;

class Writer {
 public:
  explicit Writer(const std::string& name);
  // What the names of tensors written from now on begin with.
  void set_scope(std::string scope) { scope_ = std::move(scope); }

  Id input(const std::string& name, const Shape& shape);  // float32, as all that is computed
  void output(Id id) { graph().outputs.push_back(id); }
  Id constant(const Tensor& tensor);  // float32 or int32
  Id number(double value) { return constant(Tensor::full({}, value)); }
  Id integers(const std::vector<int64_t>& values);
  // The result of an operator, of this shape.
  Id node(Op op, const std::vector<Id>& inputs, const Shape& shape);
  template <typename Options>
  Id node(Op op, const std::vector<Id>& inputs, const Shape& shape, schema::BuiltinOptions kind,
          Options options) {
    const Id id = node(op, inputs, shape);
    auto& given = graph().operators.back()->builtin_options;
    given.type = kind;
    given.value = new Options(std::move(options));  // which it owns
    return id;
  }
  std::string bytes();

 private:
  schema::SubGraphT& graph() { return *model_.subgraphs[0]; }
  Id tensor(const std::string& name, const Shape& shape, schema::TensorType type, uint32_t buffer);
  uint32_t code_of(Op op);

  schema::ModelT model_;
  std::string scope_;
  std::map<Op, uint32_t> codes_;
  std::map<std::string, int> names_;
};

}  // namespace tutti::tflite
