#include "io/tflite/export_tflite.h"

#include <map>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/layers/layer_output.h"
#include "core/model/layer_graph.h"
#include "core/model/model_file.h"
#include "core/model/world.h"
#include "io/tflite/emitters.h"

namespace tutti {
namespace {

using tflite::Id;

// A model's calls in order, those of a model inside where it is called.
class TfliteExporter {
 public:
  explicit TfliteExporter(tflite::Writer& writer) : writer_(writer) {}

  std::vector<Id> write(const Model& model, const std::vector<Id>& inputs) {
    std::map<Place, Id> known;
    for (size_t i = 0; i < inputs.size(); ++i)
      known[place_of(model, model.inputs()[i])] = inputs[i];
    const auto id_of = [&](const Value& value) {
      const auto found = known.find(place_of(model, value));
      if (found == known.end())
        fail(ExitCode::missing, model.name(), "takes a value that none of its inputs gives");
      return found->second;
    };
    const LayerGraph graph(model.inputs(), model.outputs());
    std::map<Place, Value> results;
    for (const auto& output : model.outputs()) results[place_of(model, output)] = output;
    for (const auto& node : graph.calls())
      for (const auto& input : node.call->inputs) results[place_of(model, input)] = input;
    for (const auto& node : graph.calls()) {
      const LayerCall& call = *node.call;
      if (call.inputs.empty()) continue;  // an InputLayer's
      std::vector<Id> ids;
      for (const auto& input : call.inputs) ids.push_back(id_of(input));
      const auto made = write(call, ids, results[{&call, 0}]);
      for (size_t i = 0; i < made.size(); ++i) known[{&call, i}] = made[i];
    }
    std::vector<Id> outputs;
    for (const auto& output : model.outputs()) outputs.push_back(id_of(output));
    return outputs;
  }

 private:
  using Place = std::pair<const LayerCall*, size_t>;

  static Place place_of(const Model& model, const Value& value) {
    const auto call = layer_call_of(value);
    if (!call)
      fail(ExitCode::missing, model.name(),
           "has the op '{}' between its layers, which is not written to .tflite; use layers alone, "
           "as Add for +",
           value.node()->op->name());
    return {call.get(), static_cast<const LayerOutputOp&>(*value.node()->op).output()};
  }

  std::vector<Id> write(const LayerCall& call, const std::vector<Id>& inputs, const Value& result) {
    if (const auto* inner = dynamic_cast<const Model*>(call.layer.get()))
      return write(*inner, inputs);
    writer_.set_scope(call.layer->name());
    return {tflite::emit({writer_, call, inputs, result})};
  }

  tflite::Writer& writer_;
};

[[noreturn]] std::shared_ptr<Model> refuse_reading(const std::string& path) {
  fail(ExitCode::missing, path,
       ".tflite files are written, not read; keep the model as .keras too");
}

}  // namespace

std::string tflite_bytes(const Model& model) {
  tflite::Writer writer(model.name());
  const auto names = model.input_names();
  std::vector<Id> inputs;
  for (size_t i = 0; i < model.inputs().size(); ++i) {
    const Value& input = model.inputs()[i];
    const std::string name = names[i].empty() ? fmt::format("input_{}", i + 1) : names[i];
    if (input.dtype() != DType::f32)
      fail(ExitCode::missing, name, "is of {}; inputs of .tflite files are written in float32",
           name_of(input.dtype()));
    inputs.push_back(writer.input(name, input.shape()));
  }
  for (const Id output : TfliteExporter(writer).write(model, inputs)) writer.output(output);
  return writer.bytes();
}

void export_tflite(const Model& model, const std::string& path) {
  const std::string bytes = tflite_bytes(model);
  if (current_world().rank() == 0) FileSystem::current().write_atomically(path, bytes);
}

[[maybe_unused]] static const bool tflite_registered =
    register_model_format(".tflite", {export_tflite, refuse_reading});

}  // namespace tutti
