#include "core/layers/recurrent.h"

#include <fmt/format.h>

#include <unordered_set>

#include "core/base/error.h"
#include "core/graph/trace.h"
#include "core/initializers/constant.h"
#include "core/layers/input_layer.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/gather_rows.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

std::shared_ptr<RecurrentCell> cell_of(const Ref<Layer>& layer, const char* kind) {
  auto cell = std::dynamic_pointer_cast<RecurrentCell>(layer.pointer());
  if (!cell)
    fail(kind, "{} is no cell; use SimpleRNNCell, LSTMCell, GRUCell or StackedRNNCells",
         layer ? layer->class_name() : "nothing");
  return cell;
}

// What is new where the step counts, what was elsewhere.
CellStep held(Value counts, const CellStep& next, const CellStep& before, bool zero_output) {
  while (counts.shape().rank() < next.output.shape().rank()) counts = expand_dims(counts, -1);
  CellStep step{
      zero_output ? select(counts, next.output, 0.0) : select(counts, next.output, before.output),
      {}};
  for (size_t i = 0; i < next.states.size(); ++i)
    step.states.push_back(select(counts, next.states[i], before.states[i]));
  return step;
}

Value zeros(const Shape& shape, DType dtype) {
  return broadcast_to(Value(Tensor::zeros({}, dtype)), shape);
}

Shape step_of(const Shape& sequence) {
  std::vector<int64_t> dims = sequence.dims();
  dims.erase(dims.begin() + 1);
  return Shape(std::move(dims));
}

// The rows of a batch, if the InputLayer that a value comes from says how many.
std::optional<int64_t> batch_size_of(const Value& value) {
  std::vector<Value> waiting{value};
  std::unordered_set<const Node*> seen;
  while (!waiting.empty()) {
    const Value next = waiting.back();
    waiting.pop_back();
    if (!seen.insert(next.node().get()).second) continue;
    if (const auto call = layer_call_of(next))
      if (const auto* input = dynamic_cast<const InputLayer*>(call->layer.get()))
        if (const auto size = input->batch_size()) return size;
    waiting.insert(waiting.end(), next.node()->inputs.begin(), next.node()->inputs.end());
  }
  return std::nullopt;
}

}  // namespace

RecurrentLayer::RecurrentLayer(std::shared_ptr<RecurrentCell> cell, Recurrence recurrence,
                               Ref<Regularizer> activity_regularizer)
    : cell_(std::move(cell)),
      recurrence_(recurrence),
      activity_regularizer_(std::move(activity_regularizer)) {}

bool RecurrentLayer::fits(const Shape& built, const Shape& given) const {
  return given.rank() == built.rank() && given[-1] == built[-1];
}

void RecurrentLayer::build(const std::vector<Shape>& inputs) {
  const size_t axes = cell_->spatial_axes();
  if (inputs.empty() || inputs[0].rank() != static_cast<int>(axes) + 3)
    fail(where(), "takes an input (rows, steps, {}features), got {}; Reshape it",
         axes == 0 ? "" : fmt::format("{} spatial axes, ", axes),
         inputs.empty() ? "nothing" : to_string(inputs[0]));
  cell_->set_dtype(dtype_policy());
  cell_->build_for({step_of(inputs[0])});
}

void RecurrentLayer::make_states(const Value& input, const std::vector<Shape>& shapes) {
  const auto rows = batch_size_of(input);
  if (!rows)
    fail(where(),
         "is stateful and must know how many rows a batch has; begin the model with an InputLayer "
         "whose batch_shape says it");
  for (const auto& shape : shapes) {
    std::vector<int64_t> dims = shape.dims();
    dims[0] = *rows;
    const std::string name =
        states_.empty() ? "rnn_state" : fmt::format("rnn_state_{}", states_.size());
    states_.push_back(add_weight(name, Shape(std::move(dims)), Zeros(), nullptr, false));
  }
  reset_states();  // a model that comes from a file is not drawn, and files have no states
}

void RecurrentLayer::reset_states() {
  for (const auto& state : states_) state->set_value(Tensor::zeros(state->shape(), state->dtype()));
}

std::vector<Value> RecurrentLayer::initial_states(const std::vector<Value>& inputs) {
  const auto shapes = cell_->state_shapes(step_of(inputs[0].shape()));
  std::vector<Value> states;
  if (recurrence_.stateful && states_.empty()) make_states(inputs[0], shapes);
  for (size_t i = 0; inputs.size() == 1 && i < shapes.size(); ++i)
    states.push_back(recurrence_.stateful ? own_rows(states_[i]->read())
                                          : zeros(shapes[i], compute_dtype()));
  for (size_t i = 1; i < inputs.size(); ++i) states.push_back(to_dtype(inputs[i]));
  bool fit = states.size() == shapes.size();
  for (size_t i = 0; fit && i < shapes.size(); ++i) fit = states[i].shape() == shapes[i];
  if (!fit)
    fail(where(), "has {} states, of {} elements; give it an initial value for each, or none",
         shapes.size(), shapes[0].elements_per_row());
  return states;
}

std::vector<Value> RecurrentLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(inputs[0]), mask = mask_of(inputs[0]);
  const int64_t steps = x.shape()[1];
  if (steps == 0)
    fail(where(), "got {}, which has no steps; give it one or more", to_string(x.shape()));
  if (mask.defined() && mask.shape().rank() != 2)
    fail(where(), "a mask of shape {} is not one of steps; mask steps alone",
         to_string(mask.shape()));
  const CellRun run = cell_->begin(step_of(x.shape()));
  const auto projected = split(run.project(x), static_cast<int>(steps), 1);
  std::vector<Value> counts;
  if (mask.defined()) counts = split(mask, static_cast<int>(steps), 1);
  CellStep step{zeros(cell_->output_shape(step_of(x.shape())), compute_dtype()),
                initial_states(inputs)};
  std::vector<Value> outputs;
  for (int64_t i = 0; i < steps; ++i) {
    const auto at = static_cast<size_t>(recurrence_.go_backwards ? steps - 1 - i : i);
    CellStep next = run.step(squeeze(projected[at], 1), step.states);
    step = mask.defined() ? held(counts[at], next, step, recurrence_.zero_output_for_mask)
                          : std::move(next);
    outputs.push_back(step.output);
  }
  for (size_t i = 0; Trace::current() && i < states_.size(); ++i)
    states_[i]->assign(with_rows(states_[i]->read(), gather_rows(step.states[i])));
  std::vector<Value> result{recurrence_.return_sequences ? stack(outputs, 1) : outputs.back()};
  add_activity_loss(activity_regularizer_, result[0]);
  if (recurrence_.return_state) result.insert(result.end(), step.states.begin(), step.states.end());
  return result;
}

std::vector<Value> RecurrentLayer::compute_mask(const std::vector<Value>& inputs) {
  return {recurrence_.return_sequences ? mask_of(inputs[0]) : Value()};
}

RNNLayer::RNNLayer(Options options)
    : RecurrentLayer(cell_of(options.cell, "RNN"), recurrence_of(options)),
      options_(std::move(options)) {}

StackedRNNCellsLayer::StackedRNNCellsLayer(Options options) : options_(std::move(options)) {
  for (const auto& cell : options_.cells) cells_.push_back(cell_of(cell, "StackedRNNCells"));
  if (cells_.empty()) fail("StackedRNNCells", "got no cells; give one or more");
}

std::vector<LayerPart> StackedRNNCellsLayer::parts() const {
  return listed_parts("cells", {cells_.begin(), cells_.end()});
}

std::vector<Shape> StackedRNNCellsLayer::state_shapes(const Shape& input) const {
  std::vector<Shape> shapes;
  Shape given = input;
  for (const auto& cell : cells_) {
    for (auto& shape : cell->state_shapes(given)) shapes.push_back(std::move(shape));
    given = cell->output_shape(given);
  }
  return shapes;
}

Shape StackedRNNCellsLayer::output_shape(const Shape& input) const {
  Shape given = input;
  for (const auto& cell : cells_) given = cell->output_shape(given);
  return given;
}

void StackedRNNCellsLayer::build(const std::vector<Shape>& inputs) {
  check_inputs(inputs);
  Shape given = inputs[0];
  for (const auto& cell : cells_) {
    cell->set_dtype(dtype_policy());
    cell->build_for({given});
    given = cell->output_shape(given);
  }
}

CellRun StackedRNNCellsLayer::begin(const Shape& input) {
  std::vector<CellRun> runs;
  std::vector<size_t> states;  // of each cell
  Shape given = input;
  for (const auto& cell : cells_) {
    runs.push_back(cell->begin(given));
    states.push_back(cell->state_shapes(given).size());
    given = cell->output_shape(given);
  }
  const auto step = [runs, states](const Value& projected, const std::vector<Value>& given) {
    CellStep all;
    auto own = given.begin();
    for (size_t i = 0; i < runs.size(); ++i) {
      const auto end = own + static_cast<int64_t>(states[i]);
      CellStep one = runs[i].step(i == 0 ? projected : runs[i].project(all.output), {own, end});
      all.output = one.output;
      all.states.insert(all.states.end(), one.states.begin(), one.states.end());
      own = end;
    }
    return all;
  };
  return {runs[0].project, step};
}

TUTTI_REGISTER(Layer, RNNLayer, "RNN", "a cell applied to one step after another")
    .required("cell", &RNNOptions::cell, "of one step")
    .with(declare_recurrence);
TUTTI_REGISTER(Layer, StackedRNNCellsLayer, "StackedRNNCells", "cells that work as one")
    .required("cells", &StackedRNNCellsOptions::cells, "each takes the output of the one before");

}  // namespace tutti
