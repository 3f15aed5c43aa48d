// Importer: an ONNX graph as a model. Each node that needs the model's inputs becomes a layer with
// the floating initializers that it reads first; what needs none is computed here, if it is small.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/model/model.h"
#include "io/onnx/import/operator.h"
#include "io/onnx/import/operator_layer.h"

namespace tutti::onnx {

inline constexpr int kNodes = 20000;                       // in a file
inline constexpr int64_t kRowElements = int64_t{1} << 28;  // of one row of a value
inline constexpr int64_t kParts = 1 << 18;                 // that operators are made of
inline constexpr int64_t kFolded = 4096;                   // elements of what is computed here

class Importer {
 public:
  Importer(const ModelProto& model, std::string where)
      : proto_(model), graph_(model.graph()), where_(std::move(where)) {}
  std::shared_ptr<Model> model();  // throws "[where] ..."

 private:
  struct Given {  // an input of a node
    Meaning meaning;
    VariablePtr variable;
  };

  void check_whole();
  void check_operators();
  void take_initializers();
  void make_inputs();
  void read_node(const NodeProto& node);
  std::vector<Meaning> as_layer(const NodeProto& node, std::vector<Given> inputs,
                                std::vector<Meaning> results,
                                const std::shared_ptr<OnnxOperatorLayer>& layer);
  std::vector<Given> inputs_of(const NodeProto& node, OnnxOperatorLayer* owner);
  Given given(const std::string& name, OnnxOperatorLayer* owner);
  void define(const NodeProto& node, const std::vector<Meaning>& results);
  void check_size(const NodeProto& node, const Value& value) const;
  std::string layer_name(const NodeProto& node);
  std::string fresh(std::string name);
  Operator operator_of(const NodeProto& node, std::vector<Meaning> inputs);

  const ModelProto& proto_;
  const GraphProto& graph_;
  std::string where_;
  int64_t opset_ = 0, declared_rows_ = 0;
  std::map<std::string, const TensorProto*> initializers_;  // not yet read
  std::map<std::string, Given> given_;
  std::set<std::string> names_, wanted_;  // of layers; of the graph's outputs
  std::map<std::string, int> repeats_;    // of names that layers wanted
  int64_t left_ = kParts;                 // that operators may still be made of
  std::vector<Value> inputs_;
};

}  // namespace tutti::onnx
