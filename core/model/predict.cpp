#include "core/model/predict.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/trace.h"
#include "core/model/batch.h"

namespace tutti {
namespace {

struct PredictStep {
  std::unique_ptr<Executable> executable;
  BatchReader reader;
};

PredictStep make_predict_step(Model& model, const RowSource& rows, int64_t count) {
  Graph graph;
  const Trace trace;  // states of a stateful layer go on
  const StepData data = make_step_data(model, rows, graph.inputs);
  graph.outputs = model.apply(data.x);
  graph.effects = trace.effects();
  const World& world = current_world();
  ExecutableOptions options;
  options.device = world.device;
  options.pool = world.pool.get();
  options.layout = {count, 1, 0, 1};
  PredictStep step;
  step.executable = std::make_unique<Executable>(graph, options);
  step.reader = BatchReader(*step.executable, rows, {0, count}, world.pool.get());
  return step;
}

}  // namespace

std::vector<Tensor> predict_rows(Model& model, const RowSource& rows, int64_t batch) {
  if (batch < 1) fail("predict", "batch_size is {}; use at least 1", batch);
  check_columns(model, rows);
  const int64_t total = rows.rows();
  batch = std::min(batch, total);
  const RowOrder in_order(0, 0, total, false);
  std::vector<Tensor> results;
  PredictStep step;
  int64_t made_for = 0;
  for (int64_t begin = 0; begin < total; begin += batch) {
    const int64_t count = std::min(batch, total - begin);
    if (count != made_for) step = make_predict_step(model, rows, made_for = count);
    step.reader.read(rows, begin, in_order);
    step.executable->run({});
    for (size_t i = 0; i < model.outputs().size(); ++i) {
      const Tensor& output = step.executable->output(i);
      if (begin == 0)
        results.push_back(Tensor::empty(output.shape().rank() > 0
                                            ? model.outputs()[i].shape().with_rows(total)
                                            : output.shape(),
                                        output.dtype()));
      results[i].slice_rows(begin, begin + count).copy_from(output);
    }
  }
  return results;
}

}  // namespace tutti
