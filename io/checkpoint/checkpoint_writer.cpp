#include "io/checkpoint/checkpoint_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/fault_point.h"
#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "core/model/world.h"
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/checkpoint_name.h"
#include "io/checkpoint/manifest.h"
#include "io/checkpoint/shard_image.h"

namespace tutti {
namespace {

using Path = std::filesystem::path;

std::string shard_name(int rank) { return fmt::format("shard-{}.safetensors", rank); }
std::string word_name(int rank) { return fmt::format("shard-{}.written", rank); }

// Writes bytes that come in pieces, and hashes every chunk of them.
class HashedFile {
 public:
  HashedFile(const Path& path, checkpoint::File& file)
      : output_(FileSystem::current().create(path)), file_(file) {}

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, kChunkBytes - in_chunk_);
      output_->write(piece);
      hasher_.update(piece.data(), piece.size());
      file_.set_bytes(file_.bytes() + piece.size());
      in_chunk_ += piece.size();
      if (in_chunk_ == kChunkBytes) end_chunk();
      bytes.remove_prefix(piece.size());
    }
  }
  void finish() {
    if (in_chunk_ > 0) end_chunk();
    output_->sync();
    output_->close();
  }

 private:
  void end_chunk() {
    file_.add_chunks(hasher_.digest());
    hasher_ = Hasher();
    in_chunk_ = 0;
  }

  std::unique_ptr<OutputFile> output_;
  checkpoint::File& file_;
  Hasher hasher_;
  uint64_t in_chunk_ = 0;
};

}  // namespace

// One checkpoint on its way to the disk.
struct CheckpointWriter::Job {
  ShardImage image;  // stays from one to the next
  int rank = 0;
  checkpoint::Manifest manifest;
  Path folder, unfinished, finished;
  CheckpointPolicy policy;
  std::thread thread;
  std::atomic<bool> busy{false}, given_up{false};
  std::string failure, folder_failure;

  void run() {
    try {
      if (!folder_failure.empty()) throw Error(folder_failure, ExitCode::io);
      write_shard();
      if (rank == 0) commit();
    } catch (const std::exception& error) {
      failure = error.what();
      if (rank == 0) remove_unfinished();
    }
    busy = false;
  }

  // This rank's file, and its word on it: what the manifest shall say, or why there is none.
  void write_shard() {
    checkpoint::File file;
    file.set_name(shard_name(rank));
    try {
      image.check_finite();
      HashedFile output(unfinished / file.name(), file);
      output.write(image.header());
      output.write(
          {reinterpret_cast<const char*>(image.elements().raw()), image.elements().bytes()});
      fault_point("checkpoint/shard_written");
      output.finish();
      fault_point("checkpoint/shard_synced");
      for (const auto& part : image.parts()) *file.add_parts() = part;
    } catch (const std::exception& error) {
      file.set_error(error.what());
      leave_word(file);
      throw;
    }
    leave_word(file);
    fault_point("checkpoint/word_written");
  }

  // Where it is it is whole, and rank 0 may commit at once: nothing can follow here. No crash is to
  // leave it, so it is not synced.
  void leave_word(const checkpoint::File& file) const {
    FileSystem& files = FileSystem::current();
    const Path word = unfinished / word_name(rank), begun = word.string() + ".begun";
    const auto output = files.create(begun);
    output->write(sealed(file));
    output->close();
    files.rename(begun, word);
  }

  void commit() {
    FileSystem& files = FileSystem::current();
    const auto begin = Clock::current().now();
    for (int r = 0; r < manifest.ranks(); ++r) {
      await(r, begin);
      checkpoint::File file;
      const Path word = unfinished / word_name(r);
      unseal(files.read(word, kManifestLimit), file, word.string());
      if (!file.error().empty()) throw Error(file.error(), ExitCode::io);
      *manifest.add_files() = std::move(file);
    }
    fault_point("checkpoint/words_read");
    for (int r = 0; r < manifest.ranks(); ++r) files.remove(unfinished / word_name(r));
    const auto output = files.create(unfinished / kManifestFile);
    output->write(sealed(manifest));
    output->sync();
    output->close();
    files.sync_directory(unfinished);
    fault_point("checkpoint/manifest_synced");
    files.rename(unfinished, finished);
    fault_point("checkpoint/renamed");
    files.sync_directory(folder);
    fault_point("checkpoint/committed");
    remove_older();
    fault_point("checkpoint/older_removed");
  }

  void await(int r, Clock::Duration begin) const {
    const Path word = unfinished / word_name(r);
    auto pause = std::chrono::milliseconds(1);
    while (!FileSystem::current().exists(word)) {
      if (given_up)
        fail(ExitCode::io, unfinished.string(), "a rank could not write its part; see its error");
      if (Clock::current().now() - begin > policy.patience)
        fail(ExitCode::io, unfinished.string(),
             "rank {} did not write its part within {} s; does it see this folder?", r,
             std::chrono::duration_cast<std::chrono::seconds>(policy.patience).count());
      Clock::current().sleep_for(pause);
      pause = std::min(2 * pause, std::chrono::milliseconds(50));
    }
  }

  void remove_older() {
    const Checkpoint written(finished);
    written.verify();
    fault_point("checkpoint/read_back");
    std::vector<Path> paths = checkpoints_in(folder);
    std::vector<std::pair<double, Path>> scored;
    std::set<Path> kept;
    for (const auto& path : paths) try {
        if (const auto score = Checkpoint(path).score())
          scored.emplace_back(policy.best_is_highest ? -*score : *score, path);
      } catch (const Error&) {  // one that is damaged is no best one
      }
    std::ranges::stable_sort(scored, {}, &std::pair<double, Path>::first);
    for (size_t i = 0; i < std::min(scored.size(), static_cast<size_t>(policy.keep_best)); ++i)
      kept.insert(scored[i].second);
    const size_t last = std::min(paths.size(), static_cast<size_t>(std::max(policy.keep_last, 1)));
    kept.insert(paths.end() - static_cast<std::ptrdiff_t>(last), paths.end());
    for (const auto& path : paths)
      if (!kept.contains(path)) FileSystem::current().remove(path);
  }

  void remove_unfinished() const {
    try {
      FileSystem::current().remove(unfinished);
    } catch (const Error&) {  // the next run clears it
    }
  }
};

CheckpointWriter::CheckpointWriter(std::filesystem::path folder, CheckpointPolicy policy)
    : folder_(std::move(folder)), policy_(policy), job_(std::make_unique<Job>()) {
  job_->rank = current_world().rank();
  if (job_->rank != 0) return;
  FileSystem& files = FileSystem::current();
  files.make_directories(folder_);
  for (const auto& name : files.list(folder_))
    if (name.ends_with(kUnfinished) && name.starts_with("step-")) files.remove(folder_ / name);
}

CheckpointWriter::~CheckpointWriter() {
  if (job_->thread.joinable()) job_->thread.join();
}

void CheckpointWriter::prepare(const TrainingState& state) {
  job_->image.reserve(state, current_world().rank(), current_world().size());
}

void CheckpointWriter::save(const TrainingState& state, int64_t step, const Config& about,
                            std::optional<double> score) {
  wait();
  const World& world = current_world();
  FileSystem& files = FileSystem::current();
  CheckpointName name{step, 1};
  std::string folder_failure;  // told as any other, when this is no longer busy
  if (world.rank() == 0) {
    const auto path = [&] { return folder_ / name.text(); };
    while (files.exists(path()) || files.exists(path().string() + std::string(kUnfinished)))
      ++name.attempt;
    try {
      files.make_directories(path().string() + std::string(kUnfinished));
    } catch (const Error& error) {
      folder_failure = error.what();
    }
    fault_point("checkpoint/folder_made");
  }
  if (world.size() > 1) broadcast_bytes(world, &name.attempt, sizeof name.attempt);
  job_->image.copy(state, world.rank(), world.size());
  fault_point("checkpoint/copied");
  job_->folder = folder_;
  job_->finished = folder_ / name.text();
  job_->unfinished = job_->finished.string() + std::string(kUnfinished);
  job_->policy = policy_;
  job_->failure.clear();
  job_->folder_failure = folder_failure;
  job_->given_up = false;
  job_->manifest = {};
  if (world.rank() == 0) {
    job_->manifest.set_format(kManifestFormat);
    job_->manifest.set_step(step);
    job_->manifest.set_ranks(world.size());
    job_->manifest.set_created(Clock::current().unix_time().count());
    if (score) job_->manifest.set_score(*score);
    *job_->manifest.mutable_state() = to_message(state.values);
    *job_->manifest.mutable_about() = to_message(about);
  }
  job_->busy = true;
  job_->thread = std::thread([job = job_.get()] { job->run(); });
}

bool CheckpointWriter::busy() const { return job_->busy; }
void CheckpointWriter::wait() {
  if (job_->thread.joinable()) job_->thread.join();
}
void CheckpointWriter::give_up() { job_->given_up = true; }
std::string CheckpointWriter::failure() const { return busy() ? "" : job_->failure; }

}  // namespace tutti
