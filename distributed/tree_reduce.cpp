#include "distributed/tree_reduce.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/activity.h"

namespace tutti {
namespace {

constexpr int64_t tree_block = 1024;          // elements added at a time: operands stay in L1
constexpr size_t letter_bytes = 64 * 1024;    // of one rank in one small sum
constexpr int64_t small_sum_bytes = 1 << 18;  // larger ones are scattered, then gathered

// The tree over shards is planned from the roots of all ranks in turn.
ShardLayout layout_of(int64_t shards, int world, int rank) {
  ShardLayout layout;
  layout.shards = shards;
  layout.world = world;
  layout.rank = rank;
  return layout;
}

template <typename T>
void add_two(T* to, const T* left, const T* right, int64_t count) {
  // `to` is an operand or apart from both: no iteration reads what another wrote.
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) to[i] = left[i] + right[i];
}

}  // namespace

TreePlan::TreePlan(int64_t shards, int world) {
  if (world > shards)
    fail(ExitCode::world, "shards", "{} ranks but {} shards; use --set shards={}", world, shards,
         4 * std::bit_ceil(static_cast<uint64_t>(world)));
  for (int rank = 0; rank < world; ++rank) {
    int index = 0;
    for (const TreeNode& node : layout_of(shards, world, rank).roots()) {
      nodes_.push_back(node);
      leaves_.push_back({rank, index++});
    }
    roots_.push_back(index);
  }
  plan_node({0, shards}, 0);
  // The places lie behind the leaves; the last step goes to `out`, behind them all.
  const int leaves = static_cast<int>(leaves_.size());
  if (!steps_.empty()) steps_.back().to = leaves + places_;
  scratch_.resize(static_cast<size_t>(places_) * tree_block * sizeof(double));
  operands_.resize(leaves_.size() + static_cast<size_t>(places_) + 1);
}

// Plans the sum of `node` into a place not below `place`; returns the operand that holds it.
int TreePlan::plan_node(TreeNode node, int place) {
  const auto leaf = std::ranges::find(nodes_, node);
  if (leaf != nodes_.end()) return static_cast<int>(leaf - nodes_.begin());
  const auto width = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(node.size() - 1)));
  const int left = plan_node({node.begin, node.begin + width}, place);
  const int right = plan_node({node.begin + width, node.end}, place + 1);
  places_ = std::max(places_, place + 1);
  const int to = static_cast<int>(leaves_.size()) + place;
  steps_.push_back({to, left, right});
  return to;
}

void TreePlan::add(DType dtype, const std::vector<const std::byte*>& leaf, int64_t count,
                   std::byte* out) {
  if (count == 0) return;
  if (steps_.empty()) {
    if (leaf[0] != out) std::memmove(out, leaf[0], static_cast<size_t>(count) * size_of(dtype));
    return;
  }
  switch (dtype) {
    case DType::f32:
      return add_blocks<float>(leaf, count, out);
    case DType::f64:
      return add_blocks<double>(leaf, count, out);
    case DType::i64:
      return add_blocks<int64_t>(leaf, count, out);
    default:
      fail(ExitCode::internal, "tree_reduce", "no sums of {}; convert to float32", name_of(dtype));
  }
}

template <typename T>
void TreePlan::add_blocks(const std::vector<const std::byte*>& leaf, int64_t count,
                          std::byte* out) {
  const size_t leaves = leaves_.size();
  for (int place = 0; place < places_; ++place)
    operands_[leaves + place] = scratch_.data() + place * tree_block * sizeof(T);
  for (int64_t begin = 0; begin < count; begin += tree_block) {
    const size_t at = static_cast<size_t>(begin) * sizeof(T);
    // Leaves are only read: no step goes to one.
    for (size_t i = 0; i < leaves; ++i) operands_[i] = const_cast<std::byte*>(leaf[i]) + at;
    operands_.back() = out + at;
    for (const Step& step : steps_)
      add_two(reinterpret_cast<T*>(operands_[step.to]),
              reinterpret_cast<const T*>(operands_[step.left]),
              reinterpret_cast<const T*>(operands_[step.right]),
              std::min(tree_block, count - begin));
  }
}

TreeReduce::TreeReduce(Communicator& communicator, int64_t shards, SharedRegion* region)
    : communicator_(communicator),
      plan_(shards, communicator.size()),
      region_(region),
      mailbox_(communicator.size() > 1 ? communicator.share(2 * letter_bytes) : nullptr),
      operands_(plan_.leaves().size()) {}

const std::byte* TreeReduce::root(const PartialSums& partials, int index, int64_t element) const {
  return static_cast<const std::byte*>(partials.data) +
         static_cast<size_t>(index * partials.root_stride + element) * size_of(partials.dtype);
}

std::byte* TreeReduce::received(size_t bytes) {
  if (received_.size() < bytes) received_.resize(bytes);
  return received_.data();
}

void TreeReduce::reduce_scatter(const PartialSums& partials, std::span<const int64_t> offsets,
                                void* out) {
  if (offsets.size() != static_cast<size_t>(communicator_.size()) + 1 || offsets.front() != 0 ||
      offsets.back() != partials.elements || !std::is_sorted(offsets.begin(), offsets.end()))
    fail(ExitCode::internal, "reduce_scatter",
         "{} offsets over {} elements: expected {} ascending "
         "ones from 0 to the end",
         offsets.size(), partials.elements, communicator_.size() + 1);
  const int rank = communicator_.rank();
  const Range share{offsets[rank], offsets[rank + 1]};
  auto* sums = static_cast<std::byte*>(out);
  const size_t last = static_cast<size_t>(plan_.roots_of_rank(rank) - 1);
  const size_t extent = (last * partials.root_stride + partials.elements) * size_of(partials.dtype);
  if (communicator_.size() > 1 && !(region_ && region_->contains(partials.data, extent)))
    return reduce_by_messages(partials, share, offsets, sums);
  // The same place in each rank's part, or this rank's own when it is alone.
  if (communicator_.size() > 1) region_->barrier();
  for (size_t i = 0; i < operands_.size(); ++i) {
    const auto [peer, index] = plan_.leaves()[i];
    const std::ptrdiff_t shift = peer == rank ? 0 : region_->at(peer) - region_->at(rank);
    operands_[i] = root(partials, index, share.begin) + shift;
    if (peer != rank) note_bytes(static_cast<uint64_t>(share.size()) * size_of(partials.dtype));
  }
  plan_.add(partials.dtype, operands_, share.size(), sums);
}

void TreeReduce::reduce_by_messages(const PartialSums& partials, Range share,
                                    std::span<const int64_t> offsets, std::byte* out) {
  const int rank = communicator_.rank();
  const size_t element = size_of(partials.dtype);
  const size_t share_bytes = static_cast<size_t>(share.size()) * element;
  const size_t peers_roots = operands_.size() - static_cast<size_t>(plan_.roots_of_rank(rank));
  std::byte* place = received(peers_roots * share_bytes);
  outgoing_.clear(), incoming_.clear();
  for (size_t i = 0; i < operands_.size(); ++i) {
    const auto [peer, index] = plan_.leaves()[i];
    operands_[i] = peer == rank ? root(partials, index, share.begin) : place;
    if (peer == rank || share_bytes == 0) continue;
    incoming_.push_back({peer, {place, share_bytes}});
    place += share_bytes;
  }
  for (int step = 1; step < communicator_.size(); ++step) {
    const int peer = (rank + step) % communicator_.size();
    const size_t bytes = static_cast<size_t>(offsets[peer + 1] - offsets[peer]) * element;
    for (int index = 0; bytes > 0 && index < plan_.roots_of_rank(rank); ++index)
      outgoing_.push_back({peer, {root(partials, index, offsets[peer]), bytes}});
  }
  communicator_.exchange(outgoing_, incoming_);
  plan_.add(partials.dtype, operands_, share.size(), out);
}

void TreeReduce::all_reduce(const PartialSums& partials, void* out) {
  auto* sums = static_cast<std::byte*>(out);
  const int64_t element = static_cast<int64_t>(size_of(partials.dtype));
  if (communicator_.size() > 1 && partials.elements * element <= small_sum_bytes)
    return sum_small(partials, sums);
  const int world = communicator_.size(), rank = communicator_.rank();
  offsets_.clear();
  for (int r = 0; r < world; ++r) offsets_.push_back(part_of(partials.elements, world, r).begin);
  offsets_.push_back(partials.elements);
  std::byte* mine = sums + offsets_[rank] * element;
  reduce_scatter(partials, offsets_, mine);
  if (world == 1) return;
  // `out` may be the partials: all must have been read before sums of other ranks overwrite them.
  if (region_) region_->barrier();
  const size_t bytes = static_cast<size_t>((offsets_[rank + 1] - offsets_[rank]) * element);
  for (int64_t& offset : offsets_) offset *= element;
  communicator_.all_gather({mine, bytes}, {sums, static_cast<size_t>(offsets_.back())}, offsets_);
}

// Everyone gets all roots and adds them: one meeting instead of two.
void TreeReduce::sum_small(const PartialSums& partials, std::byte* out) {
  const int rank = communicator_.rank(), world = communicator_.size();
  const size_t bytes = static_cast<size_t>(partials.elements) * size_of(partials.dtype);
  int most_roots = 0;
  offsets_.assign(1, 0);
  for (int r = 0; r < world; ++r) {
    most_roots = std::max(most_roots, plan_.roots_of_rank(r));
    offsets_.push_back(offsets_.back() + plan_.roots_of_rank(r) * static_cast<int64_t>(bytes));
  }
  // Two letters in turn: when a rank writes one again, all have met once since they last read it.
  const bool mail = mailbox_ && bytes * most_roots <= letter_bytes;
  const size_t letter = (letters_ & 1) * letter_bytes;
  std::byte* full = mail ? nullptr : received(static_cast<size_t>(offsets_.back()));
  const auto place = [&](int r) { return mail ? mailbox_->at(r) + letter : full + offsets_[r]; };
  for (int index = 0; bytes > 0 && index < plan_.roots_of_rank(rank); ++index)
    std::memcpy(place(rank) + index * bytes, root(partials, index, 0), bytes);
  if (mail) {
    ++letters_;
    mailbox_->barrier();
  } else {
    const size_t mine = static_cast<size_t>(offsets_[rank + 1] - offsets_[rank]);
    communicator_.all_gather({place(rank), mine}, {full, static_cast<size_t>(offsets_.back())},
                             offsets_);
  }
  for (size_t i = 0; i < operands_.size(); ++i) {
    const auto [peer, index] = plan_.leaves()[i];
    operands_[i] = place(peer) + index * bytes;
  }
  plan_.add(partials.dtype, operands_, partials.elements, out);
}

}  // namespace tutti
