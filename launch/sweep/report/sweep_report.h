// The report of a sweep: DIR/report.html, which needs nothing beside itself.
#pragma once

#include <filesystem>

#include "launch/report/page.h"
#include "launch/sweep/sweep_folder.h"

namespace tutti {

Page sweep_page(const SweepFolder& folder, const StudyFile& study, const StudyRecord& record);

// Reads the sweep's files and writes the page; gives its path. Throws Error: (data) there is no
// sweep; what the file system throws.
std::filesystem::path write_sweep_report(const SweepFolder& folder);

}  // namespace tutti
