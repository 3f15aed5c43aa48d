// A study's journal, which Optuna's programs append to as well; and the decisions that its trials
// lead to.
// Seeds: tests/fuzz/seeds/journal_*
#include "scheduler/pruners/pruner.h"
#include "scheduler/study/journal.h"
#include "scheduler/tuners/dominance.h"
#include "scheduler/tuners/tuner.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void decide(const tutti::JournalStudy& study) {
  tutti::SearchSpace space;
  for (const auto& [name, first] : study.first)
    if (!name.empty()) space.add({name, first.second});
  const tutti::StudyRecord& record = study.record;
  (void)record.ranking();
  (void)tutti::pareto_front(record);
  if (record.directions.size() > 1 || space.empty() || record.trials.empty()) return;
  const auto number = static_cast<int64_t>(record.trials.size());
  const tutti::Config tpe(tutti::Config::Map{{"TPE", tutti::Config::Map{{"n_startup_trials", 0}}}});
  (void)tutti::make<tutti::Tuner>(tpe)->suggest({space, record, number, 1});
  const auto pruner = tutti::make<tutti::Pruner>("Hyperband");
  (void)pruner->promote(record);
  for (const tutti::Trial& trial : record.trials)
    if (trial.state == tutti::TrialState::running) (void)pruner->judge(record, trial);
}

void read(std::string_view bytes, const char*) {
  tutti::fuzz::FewFiles files({{"journal.log", std::string(bytes)}});
  const tutti::Replace<tutti::FileSystem> replaced(files);
  tutti::JournalReader reader("journal.log");
  reader.read();
  for (const auto& name : reader.record().study_names())
    decide(reader.record().study(*reader.record().find(name)));
}

}  // namespace

TUTTI_FUZZ_READER(read)
