// The report of a run: RUN/report.html, which needs nothing beside itself, and each of its pictures
// as RUN/report/<name>.svg and .png.
#pragma once

#include <filesystem>
#include <string>

namespace tutti {

// Reads the run and writes its report, by this process alone, however many trained it. `unlabelled`
// are rows to show predictions of: a file, or {csv: x.csv}; "" for none. Gives the page's path.
// Throws what open_run throws.
std::filesystem::path write_report(const std::filesystem::path& run,
                                   const std::string& unlabelled = "");

}  // namespace tutti
