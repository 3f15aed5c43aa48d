#include "io/checkpoint/checkpoint.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "io/checkpoint/checkpoint_name.h"
#include "io/checkpoint/manifest.h"

namespace tutti {

namespace {

checkpoint::Manifest manifest_in(const std::filesystem::path& folder) {
  const auto path = folder / kManifestFile;
  if (!FileSystem::current().exists(path))
    fail(ExitCode::data, folder.string(), "is no whole checkpoint: it has no {}; use an older one",
         kManifestFile);
  return parse_manifest(FileSystem::current().read(path, kManifestLimit), path.string());
}

}  // namespace

Checkpoint::Checkpoint(std::filesystem::path folder) : Checkpoint(folder, manifest_in(folder)) {}

Checkpoint::Checkpoint(std::filesystem::path folder, checkpoint::Manifest manifest)
    : folder_(std::move(folder)),
      manifest_(std::make_unique<const checkpoint::Manifest>(std::move(manifest))) {
  values_ = to_config(manifest_->state());
  about_ = to_config(manifest_->about());
  for (const auto& file : manifest_->files())
    for (const auto& part : file.parts()) {
      auto& places = places_[part.name()];
      if (places.empty()) names_.push_back(part.name());
      places.push_back({&part, &file});
    }
  for (auto& [name, places] : places_)
    std::ranges::stable_sort(places, {}, [](const Place& place) { return place.part->begin(); });
}

Checkpoint::~Checkpoint() = default;

int64_t Checkpoint::step() const { return manifest_->step(); }
int Checkpoint::ranks() const { return manifest_->ranks(); }
int64_t Checkpoint::created() const { return manifest_->created(); }
uint64_t Checkpoint::bytes() const {
  uint64_t all = 0;
  for (const auto& file : manifest_->files()) all += file.bytes();
  return all;
}

std::optional<double> Checkpoint::score() const {
  return manifest_->has_score() ? std::optional(manifest_->score()) : std::nullopt;
}

std::vector<std::string> Checkpoint::names() const { return names_; }

std::optional<SavedState::Entry> Checkpoint::find(const std::string& name) const {
  const auto found = places_.find(name);
  if (found == places_.end()) return std::nullopt;
  const checkpoint::Part& part = *found->second.front().part;
  return Entry{Shape(std::vector<int64_t>(part.shape().begin(), part.shape().end())),
               parse_dtype(part.dtype())};
}

void Checkpoint::read(const std::string& name, int64_t begin, const Tensor& into) const {
  const auto width = static_cast<int64_t>(size_of(into.dtype()));
  const int64_t end = begin + into.elements();
  for (const auto& [part, file] : places_.at(name)) {
    const int64_t from = std::max(begin, part->begin()),
                  to = std::min(end, part->begin() + part->elements());
    if (from >= to) continue;
    FileSystem::current().read_part(
        folder_ / file->name(),
        part->offset() + static_cast<uint64_t>((from - part->begin()) * width),
        std::span(into.raw() + (from - begin) * width, static_cast<size_t>((to - from) * width)));
  }
}

void Checkpoint::verify() const {
  for (const auto& file : manifest_->files()) verify(file);
}

void Checkpoint::verify(int file) const { verify(manifest_->files(file)); }

void Checkpoint::verify(const checkpoint::File& file) const {
  const auto path = folder_ / file.name();
  FileSystem& files = FileSystem::current();
  if (!files.exists(path))
    fail(ExitCode::data, path.string(), "is missing; use an older checkpoint");
  if (const uint64_t bytes = files.size(path); bytes != file.bytes())
    fail(ExitCode::data, path.string(), "has {} bytes instead of {}; use an older checkpoint",
         bytes, file.bytes());
  std::vector<std::byte> chunk(std::min(kChunkBytes, file.bytes()));
  for (int i = 0; i < file.chunks_size(); ++i) {
    const uint64_t begin = static_cast<uint64_t>(i) * kChunkBytes;
    const auto piece = std::span(chunk).first(std::min(kChunkBytes, file.bytes() - begin));
    files.read_part(path, begin, piece);
    if (hash64(piece.data(), piece.size()) == file.chunks(i)) continue;
    const auto touched = std::ranges::find_if(file.parts(), [&](const checkpoint::Part& part) {
      const uint64_t width = size_of(parse_dtype(part.dtype()));
      return part.elements() > 0 && part.offset() < begin + piece.size() &&
             part.offset() + static_cast<uint64_t>(part.elements()) * width > begin;
    });
    fail(ExitCode::data, path.string(),
         "was changed between bytes {} and {}{}; use an older checkpoint", begin,
         begin + piece.size(),
         touched == file.parts().end() ? "" : fmt::format(", where '{}' is", touched->name()));
  }
}

bool is_checkpoint(const std::filesystem::path& folder) {
  return FileSystem::current().exists(folder / kManifestFile);
}

std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& folder) {
  if (!FileSystem::current().exists(folder)) return {};
  std::vector<CheckpointName> names;
  for (const auto& name : FileSystem::current().list(folder))
    if (const auto parsed = CheckpointName::parse(name)) names.push_back(*parsed);
  std::sort(names.begin(), names.end());
  std::vector<std::filesystem::path> paths;
  for (const auto& name : names) paths.push_back(folder / name.text());
  return paths;
}

std::unique_ptr<Checkpoint> newest_checkpoint(const std::filesystem::path& folder) {
  auto paths = checkpoints_in(folder);
  for (; !paths.empty(); paths.pop_back()) try {
      auto checkpoint = std::make_unique<Checkpoint>(paths.back());
      checkpoint->verify();
      return checkpoint;
    } catch (const Error& error) {
      log_warn("{}", error.what());
    }
  return nullptr;
}

}  // namespace tutti
