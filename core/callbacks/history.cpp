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
