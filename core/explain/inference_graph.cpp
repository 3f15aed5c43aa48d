#include "core/explain/inference_graph.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/passes/passes.h"
#include "core/model/world.h"
#include "core/ops/cast.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

constexpr int64_t kRowsAtOnce = 256;

}  // namespace

InferenceGraph inference_graph(Model& model, const Tensor& rows, int64_t output) {
  if (rows.shape().rank() < 1)
    fail(ExitCode::data, "explain", "a single number instead of rows; give (rows, ...)");
  if (!model.built_graph()) model.build_graph({{"input", rows.shape().tail(), rows.dtype()}});
  if (model.inputs().size() != 1)
    fail(ExitCode::data, "explain", "{} has {} inputs; gradients are of models of one",
         model.name(), model.inputs().size());
  if (output < 0 || output >= static_cast<int64_t>(model.outputs().size()))
    fail(ExitCode::data, "explain", "{} has no output {}; it has {}", model.name(), output,
         model.outputs().size());
  const ValueType& wanted = model.input().type();
  if (!is_floating(wanted.dtype))
    fail(ExitCode::data, "explain",
         "{} takes {}, which has no gradient; explain what comes after its embedding", model.name(),
         name_of(wanted.dtype));
  if (rows.shape().tail() != wanted.shape.tail())
    fail(ExitCode::data, "explain", "rows of shape {} for an input of {}",
         to_string(rows.shape().tail()), to_string(wanted.shape.tail()));
  Graph graph;
  graph.inputs = {make_input("rows", rows.shape().tail().stacked(kRows), wanted.dtype)};
  graph.outputs = {model.apply(graph.inputs)[static_cast<size_t>(output)]};
  graph = select_phase(graph, /*training=*/false);
  return {graph.inputs[0], graph.outputs[0]};
}

std::vector<Tensor> run_rows(const std::vector<Value>& inputs, const std::vector<Value>& wanted,
                             const std::vector<Tensor>& rows) {
  const World& world = current_world();
  const int64_t total = rows.at(0).rows();
  std::vector<Tensor> results;
  std::unique_ptr<Executable> executable;
  int64_t made_for = 0;
  for (int64_t begin = 0; begin < total; begin += kRowsAtOnce) {
    const int64_t count = std::min(kRowsAtOnce, total - begin);
    if (count != made_for) {
      Graph graph;
      graph.inputs = inputs;
      graph.outputs = wanted;
      ExecutableOptions options;
      options.device = world.device;
      options.pool = world.pool.get();
      options.layout = {count, 1, 0, 1};
      executable = std::make_unique<Executable>(graph, options);
      made_for = count;
    }
    for (size_t i = 0; i < inputs.size(); ++i)
      executable->input(i).copy_from(
          rows[i].slice_rows(begin, begin + count).to(inputs[i].dtype()));
    executable->run({});
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Tensor& output = executable->output(i);
      if (begin == 0)
        results.push_back(Tensor::empty(output.shape().tail().stacked(total), output.dtype()));
      results[i].slice_rows(begin, begin + count).copy_from(output);
    }
  }
  return results;
}

void check_like_rows(const Tensor& others, const Tensor& rows, const char* what) {
  if (others.rows() < 1 || others.shape().tail() != rows.shape().tail())
    fail(ExitCode::data, "explain",
         "{} of shape {} for rows of shape {}; give (any, ...) like them", what,
         to_string(others.shape()), to_string(rows.shape()));
}

Value output_column(const Value& output, int64_t unit) {
  const Shape& shape = output.shape();
  const int64_t units = shape.rank() == 1 ? 1 : shape[1];
  if (shape.rank() > 2)
    fail(ExitCode::data, "explain", "an output of shape {}; explain one of shape (None, units)",
         to_string(shape));
  if (unit < 0 || unit >= units)
    fail(ExitCode::data, "explain", "there is no unit {} of {}; units count from 0", unit, units);
  return shape.rank() == 1 ? reshape(output, {kRows, 1}) : slice(output, 1, unit, unit + 1);
}

}  // namespace tutti
