#include "launch/sweep/report/sweep_report.h"

#include <fmt/format.h>

#include "core/base/filesystem.h"
#include "launch/sweep/report/study_sections.h"
#include "launch/sweep/sweep_table.h"

namespace tutti {

Page sweep_page(const SweepFolder& folder, const StudyFile& study, const StudyRecord& record) {
  const SweepSource source = sweep_source(folder, study, record);
  Page page(study.options.name);
  page.lead(sweep_counts(study, record) + ".");
  add_sweep_facts(page, source);
  add_best_trials(page, source);
  add_question(page, source);
  add_course(page, source);
  add_hyperparameters(page, source);
  add_all_trials(page, source);
  page.foot(fmt::format("{}; seed {}", folder.path().string(), study.options.seed.value_or(0)));
  return page;
}

std::filesystem::path write_sweep_report(const SweepFolder& folder) {
  const StudyFile study = folder.begun();
  const Page page = sweep_page(folder, study, folder.record(study));
  FileSystem::current().write_atomically(folder.report(), page.html());
  return folder.report();
}

}  // namespace tutti
