// What a search found: for people, and as models.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/model/model_file.h"
#include "core/model/world.h"
#include "scheduler/search/model_search.h"
#include "scheduler/study/journal.h"
#include "scheduler/study/study.h"

namespace tutti {

StudyRecord ModelSearch::record() const {
  if (study_) return study_->record();
  const FileSystem::Path journal = folder() / journal_file;
  if (options_.overwrite || !FileSystem::current().exists(journal)) return {};
  JournalReader reader(journal);
  reader.read();
  const auto id = reader.record().find(options_.project_name);
  return id ? reader.record().study(*id).record : StudyRecord{};
}

std::vector<ModelSearch::Found> ModelSearch::found(int64_t most) const {
  nlohmann::json best = nlohmann::json::array();
  const StudyRecord all = current_world().rank() == 0 ? record() : StudyRecord{};
  for (const Trial* trial : all.ranking()) {
    if (static_cast<int64_t>(best.size()) == most) break;
    auto values = nlohmann::json::object();  // the search before may have had another space
    for (const auto& [name, number] : trial->point)
      values[name] = {to_json(trial->distributions.at(name)), number};
    best.push_back({{"trial", trial->number},
                    {"values", values},
                    {"score", fmt::format("{}", trial->values[0])}});
  }
  std::vector<Found> found;
  for (const auto& one : nlohmann::json::parse(broadcast_text(current_world(), best.dump()))) {
    Found& next = found.emplace_back();
    next.trial = one["trial"].get<int64_t>();
    next.score =
        std::strtod(one["score"].get<std::string>().c_str(), nullptr);  // JSON has no infinity
    for (const auto& [name, value] : one["values"].items())
      next.values[name] = value_of(distribution_from_json(value[0]), value[1].get<double>());
  }
  return found;
}

std::vector<HyperParameters> ModelSearch::get_best_hyperparameters(int64_t num_trials) const {
  std::vector<HyperParameters> best;
  for (auto& one : found(num_trials)) best.emplace_back().set_values(std::move(one.values));
  return best;
}

std::vector<std::shared_ptr<Model>> ModelSearch::get_best_models(int64_t num_models) const {
  std::vector<std::shared_ptr<Model>> best;
  for (const auto& one : found(num_models))
    best.push_back(load_model(model_of(one.trial).string()));
  return best;
}

void ModelSearch::search_space_summary() const {
  if (current_world().rank() != 0) return;
  std::cout << "Search space summary\n"
            << "Search space size: " << space_.hyperparameters().size() << "\n";
  for (const auto& each : space_.hyperparameters())
    std::cout << fmt::format("{}: {}\n", each.name, to_string(each.distribution));
  std::cout << std::flush;
}

void ModelSearch::results_summary(int64_t num_trials) const {
  const auto best = found(num_trials);
  if (current_world().rank() != 0) return;
  std::cout << fmt::format("Results summary\nResults in {}\nShowing {} best trials of {}\n",
                           folder().string(), best.size(), record().trials.size());
  for (const auto& one : best) {
    std::cout << fmt::format("\nTrial {:04} summary\nHyperparameters:\n", one.trial);
    for (const auto& [name, value] : one.values)
      std::cout << fmt::format("{}: {}\n", name, to_string(value));
    std::cout << fmt::format("Score: {}\n", one.score);
  }
  std::cout << std::flush;
}

}  // namespace tutti
