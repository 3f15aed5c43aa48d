// The commits of a job in the memory of one host: what its ranks copied there last, to go on from
// when some of them die.
//   /dev/shm/tutti-<job>/<host>/g<generation>-<buffer>/share-<rank>, share-<rank>.word
// A share holds the bytes that the rank's file of a checkpoint would; its word, written last, says
// what lies where, of which step and generation, and what every 4 MiB hash to.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "distributed/commit/place.h"
#include "distributed/communicator.h"
#include "distributed/membership/message.h"
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/shard_image.h"

namespace tutti {

class CommitStore {
 public:
  // `host`: the name under which the world lists it.
  CommitStore(uint64_t job, const std::string& host,
              const std::filesystem::path& memory = kSharedMemory);

  // Gets the memory of a rank's share of such a state in both buffers, so that no commit waits for
  // it. Throws Error (io) if there is no room.
  void reserve(membership::Generation generation, const TrainingState& state, int rank, int ranks);
  // Copies a rank's share of the state into the buffer that `commit` names, and hashes what lies
  // there. Throws Error (io) if there is no room. What is in the other buffer stays whole.
  void write(membership::Generation generation, const membership::CommitProgress& commit,
             const TrainingState& state, int rank, int ranks);
  // Hands this rank's share to its buddy and keeps a copy of those that it is the buddy of.
  // Collective; throws Error (io) where one did not arrive as it was. buddies: of each rank.
  void copy(membership::Generation generation, const membership::CommitProgress& commit,
            Communicator& communicator, const std::vector<int>& buddies);

  // What the world begins from, whole; shares that another host holds are fetched from there.
  // Collective. Null on all ranks where a share cannot be read on one of them, which says why.
  std::unique_ptr<Checkpoint> read(const membership::World& world, Communicator& communicator);

  // Removes all commits but those of this generation and the one that is `kept`.
  void forget(membership::Generation generation, const membership::Commit* kept = nullptr);

 private:
  struct Buffer {
    membership::Generation generation = 0;
    ShardImage image;
    std::map<int, Tensor> copies = {};  // of the shares of other ranks
  };
  Buffer& buffer(membership::Generation generation, int number, int rank);
  std::optional<checkpoint::Manifest> gather_words(const membership::World& world,
                                                   const std::vector<int>& readers,
                                                   Communicator& communicator);
  std::filesystem::path folder(membership::Generation generation, int buffer) const;

  std::filesystem::path host_;
  std::array<std::unique_ptr<Buffer>, 2> buffers_;
};

}  // namespace tutti
