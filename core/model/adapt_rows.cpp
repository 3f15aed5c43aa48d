#include "core/model/adapt_rows.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/graph.h"
#include "core/layers/deferred_weights.h"
#include "core/layers/input_layer.h"
#include "core/layers/layer_output.h"
#include "core/model/model.h"
#include "core/model/predict.h"

namespace tutti {
namespace {

// Some columns of a source, without its targets.
class SomeInputs final : public RowSource {
 public:
  SomeInputs(RowSourcePtr source, std::vector<size_t> columns)
      : source_(std::move(source)), columns_(std::move(columns)) {}
  int64_t rows() const override { return source_->rows(); }
  std::vector<RowColumn> inputs() const override {
    const auto all = source_->inputs();
    std::vector<RowColumn> some;
    for (const size_t column : columns_) some.push_back({"", all[column].shape, all[column].dtype});
    return some;
  }
  std::vector<RowColumn> outputs() const override { return {}; }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override {
    source_->read_input(columns_.at(column), rows, into);
  }
  void read_output(size_t, std::span<const int64_t>, void*) const override {}

 private:
  RowSourcePtr source_;
  std::vector<size_t> columns_;
};

// The Inputs that a value is computed from, as a model takes them.
std::vector<Value> inputs_behind(const Value& value) {
  std::vector<Value> found;
  for (const auto& node : topological_order(std::vector<Value>{value})) {
    const auto call = layer_call_of(Value(node));
    if (call && std::dynamic_pointer_cast<InputLayer>(call->layer)) found.emplace_back(node);
  }
  return found;
}

size_t column_of(const Value& input, const RowSource& rows) {
  const auto columns = rows.inputs();
  if (columns.size() == 1) return 0;
  const std::string& name = layer_call_of(input)->layer->name();
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return i;
  fail(ExitCode::data, "adapt", "the data has no input '{}'; name the inputs as the data does",
       name);
}

template <typename Each>
void for_each_layer(const Layer& layer, const std::string& path, const Each& each) {
  for (const auto& inner : layer.sublayers()) {
    each(path + inner->name(), *inner);
    for_each_layer(*inner, path + inner->name() + "/", each);
  }
}

}  // namespace

Adaptation::RowsOf rows_for_adaptation(RowSourcePtr rows) {
  return [rows](const Value& value) {
    // What stands before the layer has to be there.
    if (auto* deferred = DeferredWeights::current()) deferred->draw();
    const auto inputs = inputs_behind(value);
    std::vector<size_t> columns;
    for (const auto& input : inputs) columns.push_back(column_of(input, *rows));
    Model before(inputs, {value}, "adapt");
    return predict_rows(before, SomeInputs(rows, columns), std::min<int64_t>(rows->rows(), 256))
        .at(0);
  };
}

std::vector<std::string> layer_paths(const Model& model) {
  std::vector<std::string> paths;
  for_each_layer(model, "", [&](const std::string& path, const Layer&) { paths.push_back(path); });
  return paths;
}

std::map<std::string, LayerAssets> model_assets(const Model& model) {
  std::map<std::string, LayerAssets> all;
  for_each_layer(model, "", [&](const std::string& path, const Layer& layer) {
    LayerAssets assets = layer.save_assets();
    if (!assets.texts.empty() || !assets.arrays.empty()) all[path] = std::move(assets);
  });
  return all;
}

void load_model_assets(Model& model, const std::map<std::string, LayerAssets>& assets) {
  for_each_layer(model, "", [&](const std::string& path, Layer& layer) {
    if (const auto found = assets.find(path); found != assets.end())
      layer.load_assets(found->second);
  });
}

}  // namespace tutti
