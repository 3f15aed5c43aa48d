#include "launch/plan/step_plan.h"

#include <sstream>

#include "core/graph/trace.h"
#include "core/model/batch.h"
#include "core/model/training_step.h"
#include "core/optimizers/optimizer.h"

namespace tutti {
namespace {

// A rank whose peers are not there: it is told nothing, and a step is never run on it.
class AbsentWorld final : public Reducer {
 public:
  AbsentWorld(int rank, int world) : rank_(rank), world_(world) {}
  int rank() const override { return rank_; }
  int world() const override { return world_; }
  void sum(const Partials&, void*) override {}
  void reduce_scatter(const Partials&, std::span<const int64_t>, void*) override {}
  void all_gather(DType, void*, std::span<const int64_t>) override {}
  void gather(DType, const void*, void*, std::span<const int64_t>) override {}

 private:
  int rank_, world_;
};

size_t bytes_of(const std::vector<VariablePtr>& variables) {
  size_t bytes = 0;
  for (const auto& variable : variables)
    bytes += static_cast<size_t>(variable->shape().elements()) * size_of(variable->dtype());
  return bytes;
}

// The calls between rules of what Executable::describe() says.
std::vector<std::string> collectives_of(const std::string& description) {
  std::vector<std::string> found;
  std::istringstream lines(description);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "---")
      inside = !inside;
    else if (inside)  // "reduce_scatter float32 (8192,) share @ scope", which may be none
      found.push_back(line.ends_with(" @ ") ? line.substr(0, line.size() - 3) : line);
  }
  return found;
}

void add_optimizer(RankPlan& plan, const Optimizer& optimizer) {
  for (const Optimizer* part : optimizer.parts()) {
    plan.optimizer_state += bytes_of(part->variables());
    if (const auto& group = part->group())
      plan.buckets.push_back(
          {std::string(name_of(group->dtype())), group->elements(), group->share().size()});
  }
}

RankPlan plan_rank(const ModelMaker& make, const RowSource& rows, int64_t batch, int rank,
                   int ranks) {
  AbsentWorld absent(rank, ranks);
  World world = current_world();
  world.reducer = &absent;
  world.host_ranks = ranks;
  const ShardLayout layout = world.layout(batch, batch);
  const WorldScope scope(world);
  const std::shared_ptr<Model> model = make();

  Trace trace;
  Graph graph;
  StepData data = make_step_data(*model, rows, graph.inputs);
  data.layout = layout;
  StepReport report;
  move_to_device(model->weights(), *world.device);
  model->train_step(data, report);
  Totals totals;
  totals.add(report);
  graph.effects = trace.effects();
  ExecutableOptions options;
  options.device = world.device;
  options.pool = world.pool.get();
  options.reducer = &absent;
  options.layout = layout;
  options.training = true;
  const Executable step(graph, options);
  RankPlan plan{.rank = rank, .rows = layout.owned_rows(), .shards = layout.owned_shards()};
  plan.weights = bytes_of(model->weights());
  plan.trained = bytes_of(model->trainable_weights());
  for (size_t i = 0; i < graph.inputs.size(); ++i) plan.inputs += step.input(i).bytes();
  plan.arena = step.arena_bytes();
  plan.passes = step.passes();
  plan.collectives = collectives_of(step.describe());
  add_optimizer(plan, model->optimizer());
  return plan;
}

}  // namespace

std::vector<RankPlan> plan_step(const ModelMaker& make, const RowSource& rows, int64_t batch,
                                int ranks) {
  std::vector<RankPlan> plans;
  for (int rank = 0; rank < ranks; ++rank)
    plans.push_back(plan_rank(make, rows, batch, rank, ranks));
  return plans;
}

size_t state_bytes(const std::vector<RankPlan>& plans) {
  size_t bytes = plans.empty() ? 0 : plans[0].weights;
  for (const RankPlan& plan : plans) bytes += plan.optimizer_state;
  return bytes;
}

}  // namespace tutti
