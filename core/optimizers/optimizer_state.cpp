// An optimizer's state in the order of Keras's files.
#include <algorithm>

#include "core/base/error.h"
#include "core/graph/executable.h"
#include "core/graph/trace.h"
#include "core/optimizers/optimizer.h"

namespace tutti {
namespace {

constexpr const char* kNoForm =
    "keeps its state in another form than Keras; save the model before compile(), and train anew";

}  // namespace

// What this optimizer has of them: what all may have first.
Optimizer::SlotGroups Optimizer::present_slots() const {
  SlotGroups all{{"average"}, {"gradient_accumulator"}}, present;
  for (auto& group : saved_slots()) all.push_back(std::move(group));
  for (const auto& group : all) {
    std::vector<std::string> names;
    for (const auto& name : group)
      if (std::ranges::find(slots_, name, &std::pair<std::string, VariablePtr>::first) !=
          slots_.end())
        names.push_back(name);
    if (!names.empty()) present.push_back(std::move(names));
  }
  return present;
}

const VariablePtr& Optimizer::slot_named(const std::string& name) const {
  return std::ranges::find(slots_, name, &std::pair<std::string, VariablePtr>::first)->second;
}

// A slot's part for each variable. Collective.
std::vector<Tensor> Optimizer::gathered(const VariablePtr& slot, Reducer& reducer) const {
  const auto& offsets = group_->offsets();
  std::vector<Tensor> parts;
  if (group_->world() == 1) {
    const Tensor flat = slot->value().to_host();
    for (size_t i = 0; i + 1 < offsets.size(); ++i)
      parts.push_back(
          flat.slice_rows(offsets[i], offsets[i + 1]).reshape(group_->variables()[i]->shape()));
    return parts;
  }
  const Trace trace;
  Graph graph;
  graph.outputs = group_->gather(slot->read());
  ExecutableOptions options;
  options.device = &group_->flat().device();
  options.reducer = &reducer;
  options.layout = {group_->world(), group_->world(), group_->rank(), group_->world()};
  Executable executable(graph, options);
  executable.run({});
  for (size_t i = 0; i + 1 < offsets.size(); ++i)
    parts.push_back(executable.output(i).to_host().clone());
  return parts;
}

std::vector<Tensor> Optimizer::saved_state(Reducer& reducer) const {
  if (!has_saved_state()) fail(ExitCode::missing, "optimizer", "{}", kNoForm);
  std::vector<Tensor> state;
  if (!built()) return state;
  state.push_back(iterations_->value().to_host().to(DType::i32));
  if (!common_.learning_rate.schedule) state.push_back(rate_->value().to_host().to(DType::f32));
  for (const auto& names : present_slots()) {
    std::vector<std::vector<Tensor>> slots;
    for (const auto& name : names) {
      const auto& slot = slot_named(name);
      slots.push_back(slot->kind() == ValueKind::share
                          ? gathered(slot, reducer)
                          : std::vector<Tensor>{slot->value().to_host().to(group_->dtype())});
    }
    for (size_t i = 0; i < slots[0].size(); ++i)
      for (const auto& slot : slots) state.push_back(slot[i]);
  }
  return state;
}

void Optimizer::load_state(const std::vector<Tensor>& state) {
  if (!built()) fail(ExitCode::internal, "optimizer", "load_state() before build()");
  if (!has_saved_state()) fail(ExitCode::missing, "optimizer", "{}", kNoForm);
  const auto groups = present_slots();
  const auto& variables = group_->variables();
  std::vector<Shape> shapes{{}};
  if (!common_.learning_rate.schedule) shapes.emplace_back();
  for (const auto& names : groups)
    if (slot_named(names[0])->kind() == ValueKind::share)
      for (const auto& variable : variables)
        shapes.insert(shapes.end(), names.size(), variable->shape());
    else
      shapes.push_back(slot_named(names[0])->shape());
  if (state.size() != shapes.size())
    fail(ExitCode::data, "optimizer", "has {} variables, the file {}", shapes.size(), state.size());
  for (size_t i = 0; i < shapes.size(); ++i)
    if (state[i].shape() != shapes[i])
      fail(ExitCode::data, "optimizer", "its variable {} has shape {}, the file's has {}", i,
           to_string(shapes[i]), to_string(state[i].shape()));
  size_t next = 0;
  iterations_->set_value(state[next++].to(DType::i64));
  if (!common_.learning_rate.schedule) {
    common_.learning_rate.rate = state[next].item();
    rate_->set_value(state[next++].to(DType::f64));
  }
  for (const auto& names : groups) next = load_slots(names, state, next);
  restore_others();
}

void Optimizer::set_whole_slot(const std::string& name, const Tensor& value) {
  slot_named(name)->set_value(value);
}

size_t Optimizer::load_slots(const std::vector<std::string>& names,
                             const std::vector<Tensor>& state, size_t next) {
  const auto& first = slot_named(names[0]);
  if (first->kind() != ValueKind::share) {
    first->set_value(state[next].to(first->dtype()));
    return next + 1;
  }
  const auto& offsets = group_->offsets();
  const Range share = group_->share();
  for (size_t n = 0; n < names.size(); ++n) {
    const Tensor flat = Tensor::empty({group_->elements()}, group_->dtype());
    for (size_t i = 0; i + 1 < offsets.size(); ++i)
      flat.slice_rows(offsets[i], offsets[i + 1])
          .copy_from(state[next + i * names.size() + n]
                         .to(group_->dtype())
                         .reshape({offsets[i + 1] - offsets[i]}));
    slot_named(names[n])->set_value(flat.slice_rows(share.begin, share.end));
  }
  return next + (offsets.size() - 1) * names.size();
}

}  // namespace tutti
