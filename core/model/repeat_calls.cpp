#include "core/model/repeat_calls.h"

#include <unordered_map>

#include "core/layers/layer_output.h"

namespace tutti {
namespace {

class Repeater {
 public:
  explicit Repeater(const ValueMap& inputs) : now_(inputs) {}

  // With a stack of its own: a model may be deeper than the machine's.
  Value operator()(const Value& wanted) {
    std::vector<Value> stack{wanted};
    while (!stack.empty()) {
      const Value value = stack.back();
      const auto& sources = sources_of(value);
      const size_t before = stack.size();
      if (!now_.contains(value))
        for (auto source = sources.rbegin(); source != sources.rend(); ++source)
          if (!now_.contains(*source)) stack.push_back(*source);
      if (stack.size() > before) continue;
      stack.pop_back();
      if (!now_.contains(value)) make(value, sources);
    }
    return now_.at(wanted);
  }
  std::vector<Value> take_losses() { return std::move(losses_); }

 private:
  static const std::vector<Value>& sources_of(const Value& value) {
    const auto call = layer_call_of(value);
    return call ? call->inputs : value.node()->inputs;
  }

  void make(const Value& value, const std::vector<Value>& sources) {
    std::vector<Value> inputs;
    for (const auto& source : sources) inputs.push_back(now_.at(source));
    const auto* mark = dynamic_cast<const LayerOutputOp*>(value.node()->op.get());
    if (!mark) {
      const auto outputs = remake(value.node(), std::move(inputs));
      for (size_t i = 0; i < outputs.size(); ++i)
        now_[Value(value.node(), static_cast<int>(i))] = outputs[i];
      return;
    }
    const auto [made, is_new] = calls_.try_emplace(mark->call().get());
    if (is_new) {
      made->second = mark->call()->layer->call_again(*mark->call(), inputs);
      const auto& losses = layer_call_of(made->second.at(0))->losses;
      losses_.insert(losses_.end(), losses.begin(), losses.end());
    }
    now_[value] = made->second.at(mark->output());
  }

  ValueMap now_;
  std::unordered_map<const LayerCall*, std::vector<Value>> calls_;
  std::vector<Value> losses_;
};

}  // namespace

RepeatedCalls repeat_calls(const std::vector<Value>& outputs, const ValueMap& inputs) {
  Repeater repeat(inputs);
  RepeatedCalls result;
  for (const auto& output : outputs) result.outputs.push_back(repeat(output));
  result.losses = repeat.take_losses();
  return result;
}

}  // namespace tutti
