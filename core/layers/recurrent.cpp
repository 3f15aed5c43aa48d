#include "core/layers/recurrent.h"

#include "core/base/error.h"
#include "core/layers/recurrent_arguments.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
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
CellStep held(const Value& counts, const CellStep& next, const CellStep& before, bool zero_output) {
  CellStep step{
      zero_output ? select(counts, next.output, 0.0) : select(counts, next.output, before.output),
      {}};
  for (size_t i = 0; i < next.states.size(); ++i)
    step.states.push_back(select(counts, next.states[i], before.states[i]));
  return step;
}

Value zeros(int64_t features, DType dtype) {
  return broadcast_to(Value(Tensor::zeros({}, dtype)), {kRows, features});
}

}  // namespace

RecurrentLayer::RecurrentLayer(const char* kind, std::shared_ptr<RecurrentCell> cell,
                               Recurrence recurrence, Ref<Regularizer> activity_regularizer)
    : cell_(std::move(cell)),
      recurrence_(recurrence),
      activity_regularizer_(std::move(activity_regularizer)) {
  if (recurrence_.stateful)
    fail(kind,
         "stateful is not supported: it would tie rows of one batch to those of the next; use "
         "return_state, and call the layer on the states as further inputs");
}

bool RecurrentLayer::fits(const Shape& built, const Shape& given) const {
  return given.rank() == built.rank() && given[-1] == built[-1];
}

void RecurrentLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.empty() || inputs[0].rank() != 3)
    fail(where(), "takes an input (rows, steps, features), got {}; Reshape it",
         inputs.empty() ? "nothing" : to_string(inputs[0]));
  cell_->set_dtype(dtype());
  cell_->build_for({{kRows, inputs[0][-1]}});
}

std::vector<Value> RecurrentLayer::initial_states(const std::vector<Value>& inputs) const {
  const auto sizes = cell_->state_sizes();
  std::vector<Value> states;
  if (inputs.size() == 1)
    for (const int64_t size : sizes) states.push_back(zeros(size, dtype()));
  for (size_t i = 1; i < inputs.size(); ++i) states.push_back(to_dtype(inputs[i]));
  bool fit = states.size() == sizes.size();
  for (size_t i = 0; fit && i < sizes.size(); ++i)
    fit = states[i].shape() == Shape({kRows, sizes[i]});
  if (!fit)
    fail(where(), "has {} states, of {} elements; give it an initial value for each, or none",
         sizes.size(), sizes[0]);
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
  const CellRun run = cell_->begin(x.shape()[-1]);
  const auto projected = split(run.project(x), static_cast<int>(steps), 1);
  std::vector<Value> counts;
  if (mask.defined()) counts = split(mask, static_cast<int>(steps), 1);
  CellStep step{zeros(cell_->output_size(), dtype()), initial_states(inputs)};
  std::vector<Value> outputs;
  for (int64_t i = 0; i < steps; ++i) {
    const auto at = static_cast<size_t>(recurrence_.go_backwards ? steps - 1 - i : i);
    CellStep next = run.step(squeeze(projected[at], 1), step.states);
    step = mask.defined() ? held(counts[at], next, step, recurrence_.zero_output_for_mask)
                          : std::move(next);
    outputs.push_back(step.output);
  }
  std::vector<Value> result{recurrence_.return_sequences ? stack(outputs, 1) : outputs.back()};
  add_activity_loss(activity_regularizer_, result[0]);
  if (recurrence_.return_state) result.insert(result.end(), step.states.begin(), step.states.end());
  return result;
}

std::vector<Value> RecurrentLayer::compute_mask(const std::vector<Value>& inputs) {
  return {recurrence_.return_sequences ? mask_of(inputs[0]) : Value()};
}

RNNLayer::RNNLayer(Options options)
    : RecurrentLayer("RNN", cell_of(options.cell, "RNN"), recurrence_of(options)),
      options_(std::move(options)) {}

StackedRNNCellsLayer::StackedRNNCellsLayer(Options options) : options_(std::move(options)) {
  for (const auto& cell : options_.cells) cells_.push_back(cell_of(cell, "StackedRNNCells"));
  if (cells_.empty()) fail("StackedRNNCells", "got no cells; give one or more");
}

std::vector<std::shared_ptr<Layer>> StackedRNNCellsLayer::sublayers() const {
  return {cells_.begin(), cells_.end()};
}

std::vector<int64_t> StackedRNNCellsLayer::state_sizes() const {
  std::vector<int64_t> sizes;
  for (const auto& cell : cells_)
    for (const int64_t size : cell->state_sizes()) sizes.push_back(size);
  return sizes;
}

void StackedRNNCellsLayer::build(const std::vector<Shape>& inputs) {
  check_inputs(inputs);
  int64_t features = inputs[0][-1];
  for (const auto& cell : cells_) {
    cell->set_dtype(dtype());
    cell->build_for({{kRows, features}});
    features = cell->output_size();
  }
}

CellRun StackedRNNCellsLayer::begin(int64_t features) {
  std::vector<CellRun> runs;
  std::vector<size_t> states;  // of each cell
  for (const auto& cell : cells_) {
    runs.push_back(cell->begin(features));
    states.push_back(cell->state_sizes().size());
    features = cell->output_size();
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
