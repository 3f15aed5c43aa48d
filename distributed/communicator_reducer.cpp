#include "distributed/communicator_reducer.h"

#include <map>
#include <vector>

#include "distributed/tree_reduce.h"

namespace tutti {
namespace {

class CommunicatorReducer final : public Reducer {
 public:
  explicit CommunicatorReducer(Communicator& communicator) : communicator_(communicator) {}

  int rank() const override { return communicator_.rank(); }
  int world() const override { return communicator_.size(); }

  void sum(const Partials& partials, void* out) override {
    tree(partials.layout.shards).all_reduce(sums_of(partials), out);
  }
  void reduce_scatter(const Partials& partials, std::span<const int64_t> offsets,
                      void* out) override {
    tree(partials.layout.shards).reduce_scatter(sums_of(partials), offsets, out);
  }
  void all_gather(DType dtype, void* full, std::span<const int64_t> offsets) override {
    const auto bytes = byte_offsets(dtype, offsets);
    const auto me = static_cast<size_t>(rank());
    auto* begin = static_cast<std::byte*>(full);
    communicator_.all_gather(part(begin + bytes[me], bytes[me + 1] - bytes[me]),
                             part(begin, bytes.back()), bytes);
  }
  void gather(DType dtype, const void* mine, void* full,
              std::span<const int64_t> offsets) override {
    const auto bytes = byte_offsets(dtype, offsets);
    const auto me = static_cast<size_t>(rank());
    communicator_.all_gather(
        {static_cast<const std::byte*>(mine), size_t(bytes[me + 1] - bytes[me])},
        part(static_cast<std::byte*>(full), bytes.back()), bytes);
  }

 private:
  static std::span<std::byte> part(std::byte* begin, int64_t bytes) {
    return {begin, static_cast<size_t>(bytes)};
  }
  static PartialSums sums_of(const Partials& partials) {
    return {partials.dtype, partials.data, partials.elements, partials.root_stride};
  }
  // Kept for its capacity: a steady step allocates nothing.
  std::span<const int64_t> byte_offsets(DType dtype, std::span<const int64_t> offsets) {
    offsets_.assign(offsets.begin(), offsets.end());
    for (auto& offset : offsets_) offset *= static_cast<int64_t>(size_of(dtype));
    return offsets_;
  }
  // Making one is collective; all ranks meet a number of shards in the same step.
  TreeReduce& tree(int64_t shards) {
    return trees_.try_emplace(shards, communicator_, shards).first->second;
  }

  Communicator& communicator_;
  std::map<int64_t, TreeReduce> trees_;
  std::vector<int64_t> offsets_;
};

}  // namespace

std::unique_ptr<Reducer> make_communicator_reducer(Communicator& communicator) {
  return std::make_unique<CommunicatorReducer>(communicator);
}

}  // namespace tutti
