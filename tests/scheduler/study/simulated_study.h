// Studies whose trials are formulas: a random tuner, pruners that stop or pause, and results that
// come in an order which the record alone decides. So a study that was killed anywhere and one that
// was left alone can be compared.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "scheduler/study/study.h"

namespace tutti::test {

// Time that only sleeping moves, and one time of the day: a journal is the same each time.
class SleptClock final : public Clock {
 public:
  Duration now() override { return now_; }
  std::chrono::milliseconds unix_time() override { return std::chrono::hours(24 * 20000); }
  void sleep_for(Duration duration) override { now_ += duration; }

 private:
  Duration now_{};
};

inline SearchSpace simulated_space() {
  SearchSpace space;
  space.add({"rate", FloatDistribution{.low = 1e-4, .high = 1e-1, .log = true}});
  space.add({"layers", IntDistribution{.low = 1, .high = 3}});
  space.add({"kind", CategoricalDistribution{{"plain", "gated"}}});
  space.add({"gate", FloatDistribution{.low = 0, .high = 1}, {{"kind", {"gated"}}}});
  return space;
}

class ChancyTuner final : public Tuner {
 public:
  std::optional<Suggestion> suggest(const Question& question) override {
    Random random(question.seed, static_cast<uint64_t>(question.number));
    Point point{{"rate", 1e-4 + random.uniform() * 0.09},
                {"layers", static_cast<double>(1 + random.below(3))},
                {"kind", static_cast<double>(random.below(2))}};
    if (point.at("kind") == 1) point["gate"] = random.uniform();
    // Depends on what has finished, and in which order: a lost or a moved result shows.
    const auto& finished = question.study.finished;
    if (!finished.empty() && finished.size() % 4 == 0) {
      const auto& past = question.study.trials[static_cast<size_t>(finished.back())].point;
      if (past.contains("rate")) point["rate"] = past.at("rate");
    }
    return Suggestion{point};
  }
};

// Stops the worse third of what was seen at a step.
class StoppingPruner final : public Pruner {
 public:
  Verdict judge(const StudyRecord& study, const Trial& trial) override {
    const int64_t step = *trial.last_step();
    int better = 0, seen = 0;
    for (const Trial& other : study.trials) {
      const auto found = other.intermediate.find(step);
      if (found == other.intermediate.end()) continue;
      ++seen;
      if (found->second < trial.intermediate.at(step)) ++better;
    }
    return seen > 3 && 3 * better > 2 * seen ? Verdict::stop : Verdict::go_on;
  }
};

// Pauses each trial at steps 1 and 2, and lets the best third of those paused there go on.
class PausingPruner final : public Pruner {
 public:
  Verdict judge(const StudyRecord&, const Trial& trial) override {
    return *trial.last_step() < 3 ? Verdict::pause : Verdict::go_on;
  }
  std::optional<int64_t> promote(const StudyRecord& study) override {
    for (const int64_t step : {2, 1}) {
      std::vector<std::pair<double, int64_t>> there;
      for (const Trial& trial : study.trials)
        if (trial.intermediate.contains(step))
          there.emplace_back(trial.intermediate.at(step), trial.number);
      std::sort(there.begin(), there.end());
      there.resize(there.size() / 3);
      for (const auto& [value, number] : there) {
        const Trial& trial = study.trials[static_cast<size_t>(number)];
        if (trial.suspended() && trial.last_step() == step) return number;
      }
    }
    return {};
  }
};

inline double simulated_value(const Trial& trial, int64_t step) {
  const double rate = trial.point.at("rate");
  const double gate = trial.point.contains("gate") ? trial.point.at("gate") : 0.3;
  return std::abs(rate - 0.01) * 10 + gate / static_cast<double>(step) +
         1 / (trial.point.at("layers") + static_cast<double>(step));
}

struct Simulation {
  std::filesystem::path journal;
  int slots = 1;
  bool pausing = false;
  int64_t trials = 30, steps = 4;
  std::function<void(Study&)> after = [](Study&) {};  // each event

  StudyOptions options() const {
    return {.name = "simulated",
            .metrics = {"loss"},
            .seed = 11,
            .max_trials = trials,
            .max_failures = 100,
            .enqueue = {{{"rate", 0.02}}, {{"kind", "plain"}, {"rate", 0.05}, {"layers", 2}}}};
  }
  std::unique_ptr<Study> open() const {
    return std::make_unique<Study>(journal, options(), simulated_space(),
                                   std::make_shared<ChancyTuner>(), pruner());
  }
  std::shared_ptr<Pruner> pruner() const {
    if (pausing) return std::make_shared<PausingPruner>();
    return std::make_shared<StoppingPruner>();
  }

  // One event: a result of a trial that the record chooses.
  void advance(Study& study) const {
    const auto running = study.running();
    uint64_t events = study.record().finished.size();
    for (const Trial& trial : study.record().trials) events += trial.intermediate.size();
    const int64_t number = running[Random(7, events).below(running.size())];
    const Trial& trial = study.record().trials[static_cast<size_t>(number)];
    const int64_t step = trial.last_step().value_or(0) + 1;
    if (step <= steps)
      study.report(number, step, simulated_value(trial, step));
    else if (number % 7 == 3)
      study.tell(number, TrialState::failed);
    else
      study.tell(number, TrialState::complete, {simulated_value(trial, steps)});
  }

  void run() const {
    const auto study = open();
    for (;;) {
      while (static_cast<int>(study->running().size()) < slots && study->ask()) {
      }
      if (study->running().empty()) break;
      advance(*study);
      after(*study);
    }
    study->end();
  }
};

// All that was decided and found, without the times of the day.
inline std::string summary_of(const StudyRecord& record) {
  nlohmann::json all;
  for (const Trial& trial : record.trials) {
    nlohmann::json one{{"number", trial.number},
                       {"state", static_cast<int>(trial.state)},
                       {"point", trial.point},
                       {"values", trial.values},
                       {"system", trial.system_attributes},
                       {"user", trial.user_attributes}};
    for (const auto& [step, value] : trial.intermediate)
      one["intermediate"][std::to_string(step)] = value;
    for (const auto& [name, distribution] : trial.distributions)
      one["distributions"][name] = to_json(distribution);
    all["trials"].push_back(one);
  }
  all["finished"] = record.finished;
  all["system"] = record.system_attributes;
  return all.dump(1);
}

}  // namespace tutti::test
