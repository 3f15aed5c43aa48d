#include "launch/rank/commit_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/base/error.h"
#include "core/base/fault_point.h"
#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/model/world.h"
#include "io/checkpoint/manifest.h"
#include "launch/rank/mapped_file.h"

namespace tutti {
namespace {

using Path = std::filesystem::path;
using membership::CommitProgress;
using membership::Generation;

constexpr const char* kGeneration = "generation";
constexpr const char* kNumber = "number";

std::string share_name(int rank) { return fmt::format("share-{}", rank); }
std::string word_name(int rank) { return share_name(rank) + ".word"; }

// What every 4 MiB hash to, by all threads.
std::vector<uint64_t> hash_chunks(const Tensor& bytes) {
  const size_t size = bytes.bytes();
  std::vector<uint64_t> hashes((size + kChunkBytes - 1) / kChunkBytes);
  const auto hash = [&](int64_t i) {
    const size_t begin = static_cast<size_t>(i) * kChunkBytes;
    hashes[static_cast<size_t>(i)] =
        hash64(bytes.raw() + begin, std::min<size_t>(kChunkBytes, size - begin));
  };
  const auto chunks = static_cast<int64_t>(hashes.size());
  if (const auto& pool = current_world().pool)
    pool->run(chunks, hash);
  else
    for (int64_t i = 0; i < chunks; ++i) hash(i);
  return hashes;
}

// A word is of the commit that it is read for, or stale: the buffer was to be written again.
checkpoint::Manifest read_word(const Path& folder, int rank, Generation generation,
                               uint64_t number) {
  const Path path = folder / word_name(rank);
  checkpoint::Manifest word;
  unseal(FileSystem::current().read(path, kManifestLimit), word, path.string());
  const Config about = to_config(word.about());
  const auto says = [&](const char* key, uint64_t value) {
    const Config* found = about.find(key);
    return found && found->as_int() == static_cast<int64_t>(value);
  };
  if (!says(kGeneration, generation) || !says(kNumber, number) || word.files_size() != 1)
    fail(ExitCode::data, path.string(), "is of another commit; this one is lost");
  return word;
}

std::span<std::byte> bytes_of(std::string& text) {
  return std::as_writable_bytes(std::span(text.data(), text.size()));
}
std::span<std::byte> bytes_of(const Tensor& tensor) { return {tensor.raw(), tensor.bytes()}; }

// Which rank reads each share, one that lives where it lies: of as many shares as somebody does.
std::vector<int> readers_of(const membership::World& world) {
  std::vector<int> readers;
  for (size_t share = 0; share < world.read_at.size(); ++share) {
    std::vector<int> there;
    for (size_t r = 0; r < world.seats.size(); ++r)
      if (world.seats[r].host == world.read_at[share]) there.push_back(static_cast<int>(r));
    if (there.empty()) break;
    readers.push_back(there[share % there.size()]);
  }
  return readers;
}

// The first rank of each host, in the order of ranks.
std::vector<int> first_ranks(const membership::World& world) {
  std::vector<int> firsts;
  for (size_t r = 0; r < world.seats.size(); ++r)
    if (std::ranges::none_of(firsts,
                             [&](int one) { return world.seats[one].host == world.seats[r].host; }))
      firsts.push_back(static_cast<int>(r));
  return firsts;
}

// The share of another rank, on its way here.
struct Copy {
  int owner;
  std::array<uint64_t, 2> sizes = {};  // of word and share
  std::string word = {};
  Tensor share = {};

  void make_room(const Path& place, Tensor& memory) {
    std::filesystem::remove(place / word_name(owner));
    word.resize(std::min(sizes[0], kManifestLimit));
    const auto bytes = static_cast<int64_t>(sizes[1]);
    if (!memory.defined() || memory.elements() != bytes)
      memory = make_mapped_file(place / share_name(owner), bytes);
    share = memory;
  }
  void finish(const Path& place) const {
    checkpoint::Manifest manifest;
    unseal(word, manifest, fmt::format("the word of rank {}", owner));
    if (manifest.files_size() != 1 ||
        !std::ranges::equal(manifest.files(0).chunks(), hash_chunks(share)))
      fail(ExitCode::io, "commit", "the copy of rank {}'s share is not what it sent", owner);
    FileSystem::current().write_atomically(place / word_name(owner), word);
  }
};

std::string broadcast(Communicator& communicator, std::string text, int root) {
  uint64_t size = text.size();
  communicator.broadcast(std::as_writable_bytes(std::span(&size, 1)), root);
  text.resize(size);
  communicator.broadcast(bytes_of(text), root);
  return text;
}

}  // namespace

CommitStore::CommitStore(uint64_t job, const std::string& host, const Path& memory)
    : host_(commits_of_job(job, memory) / host) {}

Path CommitStore::folder(Generation generation, int buffer) const {
  return host_ / fmt::format("g{}-{}", generation, buffer);
}

CommitStore::Buffer& CommitStore::buffer(Generation generation, int number, int rank) {
  auto& buffer = buffers_[static_cast<size_t>(number)];
  if (!buffer || buffer->generation != generation) {
    const Path place = folder(generation, number);
    std::filesystem::create_directories(place);
    const auto memory = [path = place / share_name(rank)](int64_t bytes) {
      return make_mapped_file(path, bytes);
    };
    buffer = std::make_unique<Buffer>(Buffer{generation, ShardImage(memory)});
  }
  return *buffer;
}

void CommitStore::reserve(Generation generation, const TrainingState& state, int rank, int ranks) {
  for (const int number : {0, 1})
    buffer(generation, number, rank).image.reserve(state, rank, ranks);
}

void CommitStore::write(Generation generation, const CommitProgress& commit,
                        const TrainingState& state, int rank, int ranks) {
  const Path place = folder(generation, commit.buffer);
  ShardImage& image = buffer(generation, commit.buffer, rank).image;
  std::filesystem::remove(place / word_name(rank));
  image.copy(state, rank, ranks);
  fault_point("commit/copied");
  checkpoint::Manifest word;
  word.set_format(kManifestFormat);
  word.set_step(commit.step);
  word.set_ranks(ranks);
  if (rank == 0) *word.mutable_state() = to_message(state.values);
  *word.mutable_about() =
      to_message(Config(Config::Map{{kGeneration, static_cast<int64_t>(generation)},
                                    {kNumber, static_cast<int64_t>(commit.number)}}));
  checkpoint::File& file = *word.add_files();
  file.set_name(share_name(rank));
  file.set_bytes(image.elements().bytes());
  for (const uint64_t hash : hash_chunks(image.elements())) file.add_chunks(hash);
  for (auto part : image.parts()) {
    part.set_offset(part.offset() - image.header().size());  // there is no header here
    *file.add_parts() = std::move(part);
  }
  FileSystem::current().write_atomically(place / word_name(rank), sealed(word));
  fault_point("commit/written");
}

void CommitStore::copy(Generation generation, const CommitProgress& commit,
                       Communicator& communicator, const std::vector<int>& buddies) {
  const Path place = folder(generation, commit.buffer);
  const int me = communicator.rank();
  const int buddy = buddies[static_cast<size_t>(me)];
  std::string word = FileSystem::current().read(place / word_name(me), kManifestLimit);
  Buffer& mine = buffer(generation, commit.buffer, me);
  const Tensor& share = mine.image.elements();
  std::vector<Copy> copies;
  for (int owner = 0; owner < communicator.size(); ++owner)
    if (owner != me && buddies[static_cast<size_t>(owner)] == me) copies.push_back({owner});
  std::array<uint64_t, 2> sizes{word.size(), share.bytes()};
  std::vector<Outgoing> out;
  std::vector<Incoming> in;
  if (buddy != me) out.push_back({buddy, std::as_bytes(std::span(sizes))});
  for (auto& one : copies) in.push_back({one.owner, std::as_writable_bytes(std::span(one.sizes))});
  communicator.exchange(out, in);
  std::string failure;  // all ranks go on, or none
  try {
    for (auto& one : copies) one.make_room(place, mine.copies[one.owner]);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!communicator.agree(failure.empty()))
    fail(ExitCode::io, "commit", "{}", failure.empty() ? "another rank has no room" : failure);
  out.clear(), in.clear();
  if (buddy != me) out = {{buddy, bytes_of(word)}, {buddy, bytes_of(share)}};
  for (auto& one : copies) {
    in.push_back({one.owner, bytes_of(one.word)});
    in.push_back({one.owner, bytes_of(one.share)});
  }
  communicator.exchange(out, in);
  fault_point("commit/sent");
  for (const auto& one : copies) one.finish(place);
}

// Where each share of what the world begins from is read: verified there; their words on all ranks.
std::optional<checkpoint::Manifest> CommitStore::gather_words(const membership::World& world,
                                                              const std::vector<int>& readers,
                                                              Communicator& communicator) {
  const membership::Commit& commit = *world.commit;
  const Path place = folder(commit.generation, commit.buffer);
  std::vector<std::string> words(readers.size());
  bool whole = true;
  for (size_t k = 0; k < readers.size(); ++k) try {
      if (readers[k] != communicator.rank()) continue;
      const auto word = read_word(place, static_cast<int>(k), commit.generation, commit.number);
      words[k] = word.SerializeAsString();
      Checkpoint(place, word).verify();
    } catch (const Error& error) {
      log_warn("[commit] {}: back to the newest checkpoint", error.what());
      whole = false;
    }
  if (!communicator.agree(whole)) return std::nullopt;
  checkpoint::Manifest manifest;
  for (size_t k = 0; k < readers.size(); ++k) {
    checkpoint::Manifest word;
    word.ParseFromString(broadcast(communicator, std::move(words[k]), readers[k]));
    if (k > 0) word.clear_about();
    manifest.MergeFrom(word);
  }
  check_manifest(manifest, place.string());
  return manifest;
}

std::unique_ptr<Checkpoint> CommitStore::read(const membership::World& world,
                                              Communicator& communicator) {
  const membership::Commit& commit = *world.commit;
  const auto readers = readers_of(world);
  if (readers.size() < world.read_at.size()) {
    if (communicator.rank() == 0)
      log_warn(
          "[commit] the share of rank {} of step {} lies on {}, where no rank is: back to the "
          "newest checkpoint",
          readers.size(), commit.step, world.read_at[readers.size()]);
    return nullptr;
  }
  auto manifest = gather_words(world, readers, communicator);
  if (!manifest) return nullptr;
  const Path place = folder(commit.generation, commit.buffer);
  std::filesystem::create_directories(place);
  for (size_t k = 0; k < readers.size(); ++k) {
    const checkpoint::File& file = manifest->files(static_cast<int>(k));
    const Path path = place / file.name();
    std::vector<Outgoing> out;
    std::vector<Incoming> in;
    Tensor share;
    for (const int first : first_ranks(world)) {
      if (world.seats[static_cast<size_t>(first)].host == world.read_at[k]) continue;
      if (communicator.rank() == readers[k]) {
        if (!share.defined()) share = open_mapped_file(path);
        out.push_back({first, bytes_of(share)});
      } else if (communicator.rank() == first) {
        share = make_mapped_file(path, static_cast<int64_t>(file.bytes()));
        in.push_back({readers[k], bytes_of(share)});
      }
    }
    communicator.exchange(out, in);
  }
  fault_point("commit/fetched");
  communicator.barrier();
  return std::make_unique<Checkpoint>(place, std::move(*manifest));
}

void CommitStore::forget(Generation generation, const membership::Commit* kept) {
  std::error_code none;
  const std::string of_now = fmt::format("g{}-", generation);
  const Path stays = kept ? folder(kept->generation, kept->buffer) : Path();
  std::vector<Path> gone;
  for (const auto& entry : std::filesystem::directory_iterator(host_, none))
    if (!entry.path().filename().string().starts_with(of_now) && entry.path() != stays)
      gone.push_back(entry.path());
  for (const auto& path : gone) std::filesystem::remove_all(path, none);
  for (auto& buffer : buffers_)
    if (buffer && buffer->generation != generation) buffer.reset();
}

}  // namespace tutti
