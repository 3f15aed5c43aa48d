#include "core/callbacks/history.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace tutti {

void History::on_train_begin() {
  epochs_.clear();
  history_.clear();
}

void History::on_epoch_end(int64_t epoch, const Logs& logs) {
  epochs_.push_back(epoch);
  for (const auto& [name, value] : logs.entries()) history_[name].push_back(value);
}

CallbackState History::state() const {
  Config::List epochs(epochs_.begin(), epochs_.end());
  Config history{Config::Map()};
  for (const auto& [name, values] : history_)
    history.set(name, Config::List(values.begin(), values.end()));
  CallbackState state;
  state.values.set("epochs", std::move(epochs));
  state.values.set("history", std::move(history));
  return state;
}

void History::restore(const CallbackState& state) {
  on_train_begin();
  for (const auto& epoch : state["epochs"].as_list()) epochs_.push_back(epoch.as_int());
  for (const auto& [name, values] : state["history"].as_map())
    for (const auto& value : values.as_list()) history_[name].push_back(value.as_double());
}

const std::vector<double>& History::operator[](const std::string& name) const {
  const auto found = history_.find(name);
  if (found == history_.end()) {
    std::vector<std::string> names;
    for (const auto& [key, values] : history_) names.push_back(key);
    fail("History", "has no '{}'{}; it has {}", name, did_you_mean(name, names),
         fmt::join(names, ", "));
  }
  return found->second;
}

TUTTI_REGISTER(Callback, History, "History", "keeps the logs of each epoch");

}  // namespace tutti
