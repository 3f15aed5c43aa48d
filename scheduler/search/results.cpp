// What a search found: for people, and as models.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/model/model_file.h"
#include "core/model/world.h"
#include "scheduler/search/model_search.h"
#include "scheduler/study/study.h"

namespace tutti {

std::vector<const Trial*> ModelSearch::ranking() const { return study_->record().ranking(); }

std::vector<ModelSearch::Found> ModelSearch::found(int64_t most) const {
  nlohmann::json best = nlohmann::json::array();
  if (study_)
    for (const Trial* trial : ranking()) {
      if (static_cast<int64_t>(best.size()) == most) break;
      best.push_back(
          {{"trial", trial->number}, {"point", trial->point}, {"score", trial->values[0]}});
    }
  std::vector<Found> found;
  for (const auto& one : nlohmann::json::parse(broadcast_text(current_world(), best.dump())))
    found.push_back({one["trial"].get<int64_t>(), one["score"].get<double>(),
                     space_.values_of(one["point"].get<Point>())});
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
                           folder().string(), best.size(),
                           study_ ? study_->record().trials.size() : 0);
  for (const auto& one : best) {
    std::cout << fmt::format("\nTrial {:04} summary\nHyperparameters:\n", one.trial);
    for (const auto& [name, value] : one.values)
      std::cout << fmt::format("{}: {}\n", name, to_string(value));
    std::cout << fmt::format("Score: {}\n", one.score);
  }
  std::cout << std::flush;
}

}  // namespace tutti
