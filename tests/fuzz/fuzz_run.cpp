// A run's directory: job, fitted columns, weights, assets, results.
// Seeds: tests/fuzz/seeds/run_*
#include "launch/run_directory.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void open(std::string_view bytes, const char*) {
  std::map<std::string, std::string> parts;
  for (auto& [name, content] : tutti::fuzz::parts_of(bytes))
    parts["run/" + name] = std::move(content);
  tutti::fuzz::FewFiles files(std::move(parts));
  const tutti::Replace<tutti::FileSystem> replaced(files);
  tutti::open_run("run");
}

}  // namespace

TUTTI_FUZZ_READER(open)
