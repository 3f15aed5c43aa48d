#include "launch/index_folder.h"

#include <stdlib.h>

#include <chrono>
#include <future>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/device/isa.h"
#include "io/sharded/data_file.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr auto kTick = std::chrono::seconds(1);
constexpr int kMostIdleTicks = 300;

bool first_of(const Session* session) { return !session || session->speaks(); }

fs::path new_temporary_folder() {
  std::string path = (fs::temp_directory_path() / "tutti-index-XXXXXX").string();
  if (!::mkdtemp(path.data()))
    fail(ExitCode::io, path, "cannot be made; give another folder with --cache");
  return path;
}

}  // namespace

fs::path cache_folder(const std::string& cache, const fs::path& otherwise) {
  if (!cache.empty()) return cache;
  const char* variable = std::getenv("TUTTI_CACHE");
  return variable && *variable ? fs::path(variable) : otherwise;
}

IndexFolder::IndexFolder(const RowAccess& access) : path_(cache_folder(access.folder.string())) {
  const bool first = first_of(access.session);
  goes_away_ = path_.empty();
  if (goes_away_ && first) path_ = new_temporary_folder();
  if (!goes_away_ && first) FileSystem::current().make_directories(path_);
  if (access.session) path_ = broadcast_text(access.session->world(), path_.string());
  builds_ = first;
  if (first || !goes_away_) return;
  builds_ = !FileSystem::current().exists(path_);
  if (builds_)
    path_ = new_temporary_folder();
  else
    goes_away_ = false;  // that is rank 0's to do
}

IndexFolder::~IndexFolder() {
  std::error_code ignored;
  if (goes_away_) fs::remove_all(path_, ignored);
}

void on_first_rank(Session* session, const std::function<void()>& work) {
  if (!session || session->size() == 1) return work();
  Communicator& ranks = session->communicator();
  int64_t done = 0;
  const auto tell = [&] { ranks.broadcast(std::as_writable_bytes(std::span(&done, 1)), 0); };
  if (!session->speaks()) {
    while (!done) tell();
    return;
  }
  auto working = std::async(std::launch::async, [&] {
    flush_denormals();  // as the ranks' own threads: what is learnt has the same bits
    work();
  });
  uint64_t read = DataFile::bytes_read();
  for (int idle = 0; working.wait_for(kTick) != std::future_status::ready;) {
    idle = std::exchange(read, DataFile::bytes_read()) == read ? idle + 1 : 0;
    if (idle < kMostIdleTicks) tell();
  }
  working.get();
  done = 1;
  tell();
}

}  // namespace tutti
