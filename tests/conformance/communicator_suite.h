// What every Communicator must do, as named cases that each rank runs. Backends run all of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "distributed/communicator.h"
#include "distributed/shared_memory/region.h"

namespace tutti::communicator_suite {

using Bytes = std::vector<std::byte>;

// A byte that tells who sent what to whom.
inline std::byte mark(int from, int to, size_t i) {
  return static_cast<std::byte>(31 * from + 7 * to + static_cast<int>(i * 13 % 251));
}
inline Bytes marked(int from, int to, size_t bytes) {
  Bytes data(bytes);
  for (size_t i = 0; i < bytes; ++i) data[i] = mark(from, to, i);
  return data;
}
inline std::vector<int64_t> offsets_of(const std::vector<size_t>& counts) {
  std::vector<int64_t> offsets{0};
  for (const size_t count : counts) offsets.push_back(offsets.back() + static_cast<int64_t>(count));
  return offsets;
}

inline void knows_its_place(Communicator& c) {
  EXPECT_GE(c.size(), 1);
  EXPECT_GE(c.rank(), 0);
  EXPECT_LT(c.rank(), c.size());
  EXPECT_FALSE(c.name().empty());
}

inline void broadcasts_from_every_root(Communicator& c) {
  for (const size_t bytes : {0, 1, 7, 4096, 300000})
    for (int root = 0; root < c.size(); ++root) {
      Bytes data = c.rank() == root ? marked(root, 0, bytes) : Bytes(bytes);
      c.broadcast(data, root);
      EXPECT_EQ(data, marked(root, 0, bytes)) << bytes << " bytes from " << root;
    }
  Bytes one(1);
  EXPECT_THROW(c.broadcast(one, c.size()), Error);
  EXPECT_THROW(c.broadcast(one, -1), Error);
}

// Sizes differ by pair of ranks and some are 0.
inline size_t pair_bytes(int from, int to, size_t scale) {
  return static_cast<size_t>((from * 5 + to * 3) % 4) * scale;
}

inline void exchanges_all_to_all(Communicator& c) {
  for (const size_t scale : {1, 1000, 70000}) {
    std::vector<Bytes> sent, received;
    std::vector<Outgoing> out;
    std::vector<Incoming> in;
    for (int peer = 0; peer < c.size(); ++peer) {
      sent.push_back(marked(c.rank(), peer, pair_bytes(c.rank(), peer, scale)));
      received.emplace_back(pair_bytes(peer, c.rank(), scale));
    }
    for (int peer = 0; peer < c.size(); ++peer) {
      out.push_back({peer, sent[peer]});
      in.push_back({peer, received[peer]});
    }
    c.exchange(out, in);
    for (int peer = 0; peer < c.size(); ++peer)
      EXPECT_EQ(received[peer], marked(peer, c.rank(), pair_bytes(peer, c.rank(), scale)))
          << "from " << peer << " at scale " << scale;
  }
}

// Several messages between two ranks keep their order, on a ring with its neighbour only.
inline void keeps_the_order_of_messages(Communicator& c) {
  const int right = (c.rank() + 1) % c.size(), left = (c.rank() + c.size() - 1) % c.size();
  std::vector<Bytes> sent, received;
  for (size_t i = 0; i < 5; ++i) {
    sent.push_back(marked(c.rank(), static_cast<int>(i), 10 * i));
    received.emplace_back(10 * i);
  }
  std::vector<Outgoing> out;
  std::vector<Incoming> in;
  for (size_t i = 0; i < 5; ++i) {
    out.push_back({right, sent[i]});
    in.push_back({left, received[i]});
  }
  c.exchange(out, in);
  for (size_t i = 0; i < 5; ++i)
    EXPECT_EQ(received[i], marked(left, static_cast<int>(i), 10 * i)) << "message " << i;
}

inline void gathers_unequal_parts(Communicator& c) {
  for (const bool in_place : {false, true}) {
    std::vector<size_t> counts;
    for (int r = 0; r < c.size(); ++r) counts.push_back(static_cast<size_t>(r * r * 37 % 100));
    const auto offsets = offsets_of(counts);
    Bytes full(static_cast<size_t>(offsets.back()));
    const Bytes mine = marked(c.rank(), 1, counts[c.rank()]);
    const std::span place =
        std::span(full).subspan(static_cast<size_t>(offsets[c.rank()]), mine.size());
    if (in_place) std::copy(mine.begin(), mine.end(), place.begin());
    c.all_gather(in_place ? std::span<const std::byte>(place) : mine, full, offsets);
    Bytes expected;
    for (int r = 0; r < c.size(); ++r) {
      const Bytes part = marked(r, 1, counts[r]);
      expected.insert(expected.end(), part.begin(), part.end());
    }
    EXPECT_EQ(full, expected);
  }
  Bytes full(8);
  const std::vector<int64_t> too_far(static_cast<size_t>(c.size()) + 1, 9);
  EXPECT_THROW(c.all_gather({}, full, too_far), Error);
}

inline void agrees_only_when_all_do(Communicator& c) {
  EXPECT_TRUE(c.agree(true));
  EXPECT_FALSE(c.agree(false));
  for (int doubter = 0; doubter < c.size(); ++doubter) EXPECT_FALSE(c.agree(c.rank() != doubter));
  c.barrier();
}

// Ranks wait in different orders, and more is under way than is waited for at once.
inline void overlaps_operations(Communicator& c) {
  constexpr int count = 20;
  std::vector<Bytes> data;
  std::vector<Request> requests;
  for (int i = 0; i < count; ++i) {
    const int root = i % c.size();
    data.push_back(c.rank() == root ? marked(root, i, 2000) : Bytes(2000));
    requests.push_back(c.start_broadcast(data.back(), root));
  }
  if (c.rank() % 2 == 1) std::reverse(requests.begin(), requests.end());
  for (Request& request : requests) request.wait();
  for (int i = 0; i < count; ++i)
    EXPECT_EQ(data[i], marked(i % c.size(), i, 2000)) << "operation " << i;
}

inline void splits_by_color_and_key(Communicator& c) {
  const int color = c.rank() % 2;
  const auto part = c.split(color, -c.rank());  // in reverse order
  EXPECT_EQ(part->size(), (c.size() + 1 - color) / 2);
  EXPECT_EQ(part->rank(), part->size() - 1 - c.rank() / 2);
  std::vector<int> ranks(static_cast<size_t>(part->size()));
  std::vector<int64_t> offsets;
  for (int r = 0; r <= part->size(); ++r) offsets.push_back(static_cast<int64_t>(sizeof(int)) * r);
  const int mine = c.rank();
  part->all_gather(std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(ranks)),
                   offsets);
  for (int r = 0; r < part->size(); ++r) EXPECT_EQ(ranks[r], color + 2 * (part->size() - 1 - r));
  // Both worlds stay usable.
  EXPECT_EQ(part->agree(color == 0), color == 0);
  EXPECT_TRUE(c.agree(true));
}

inline void shares_memory(Communicator& c) {
  for (const size_t bytes : {1, 5000, 100000}) {
    const auto region = c.share(bytes);
    ASSERT_NE(region, nullptr);
    EXPECT_EQ(region->bytes(), bytes);
    EXPECT_TRUE(region->contains(region->at(c.rank()), bytes));
    EXPECT_FALSE(region->contains(region->at(c.rank()), bytes + 1));
    EXPECT_TRUE(std::all_of(region->at(c.rank()), region->at(c.rank()) + bytes,
                            [](std::byte b) { return b == std::byte{0}; }));
    for (int turn = 0; turn < 20; ++turn) {
      const Bytes mine = marked(c.rank(), turn, bytes);
      std::copy(mine.begin(), mine.end(), region->at(c.rank()));
      region->barrier();
      for (int peer = 0; peer < c.size(); ++peer)
        ASSERT_TRUE(std::equal(region->at(peer), region->at(peer) + bytes,
                               marked(peer, turn, bytes).begin()))
            << "turn " << turn << ", rank " << peer;
      region->barrier();
    }
  }
}

// All ranks but one come late to a shared barrier: the others wait, and none hangs.
inline void waits_for_the_slow(Communicator& c) {
  const auto region = c.share(64);
  ASSERT_NE(region, nullptr);
  for (int slow = 0; slow < c.size(); ++slow) {
    if (c.rank() == slow) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    *region->at(c.rank()) = static_cast<std::byte>(slow + 1);
    region->barrier();
    EXPECT_EQ(*region->at(slow), static_cast<std::byte>(slow + 1));
    region->barrier();
  }
}

// One rank revokes: no rank waits on, and all of them meet again in another world.
inline void goes_on_after_it_was_revoked(Communicator& c) {
  const auto world = c.split(0, c.rank());
  if (!world->fault_tolerant()) {
    EXPECT_THROW(world->revoke(), CommunicationError);
    EXPECT_THROW((void)world->shrink(), CommunicationError);
    world->barrier();
    return;
  }
  if (world->rank() == world->size() - 1) world->revoke();
  EXPECT_THROW(for (;;) world->barrier(), CommunicationError);
  EXPECT_THROW(world->barrier(), CommunicationError);
  EXPECT_TRUE(world->agree(true));
  EXPECT_FALSE(world->agree(world->rank() != 0));
  const auto left = world->shrink();
  EXPECT_EQ(left->rank(), c.rank());
  EXPECT_EQ(left->size(), c.size());
  broadcasts_from_every_root(*left);
  shares_memory(*left);
  c.barrier();
}

// What was under way when a world was revoked is given up, and its buffers may go.
inline void gives_up_what_is_under_way(Communicator& c) {
  const auto world = c.split(0, c.rank());
  if (!world->fault_tolerant() || world->size() == 1) return;
  for (const size_t bytes : {10, 300000}) {
    const auto part = world->shrink();
    if (part->rank() == 0) {
      part->revoke();
    } else {
      Bytes first(bytes), second(bytes);
      const std::vector<Incoming> in{{0, first}}, also_in{{0, second}};
      EXPECT_THROW(
          {
            Request dropped = part->start_exchange({}, in);
            part->start_exchange({}, also_in).wait();
          },
          CommunicationError);
    }
    EXPECT_EQ(part->shrink()->size(), c.size());
  }
  world->barrier();
}

struct Case {
  const char* name;
  void (*run)(Communicator&);
};
inline const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = {
      {"knows_its_place", knows_its_place},
      {"broadcasts_from_every_root", broadcasts_from_every_root},
      {"exchanges_all_to_all", exchanges_all_to_all},
      {"keeps_the_order_of_messages", keeps_the_order_of_messages},
      {"gathers_unequal_parts", gathers_unequal_parts},
      {"agrees_only_when_all_do", agrees_only_when_all_do},
      {"overlaps_operations", overlaps_operations},
      {"splits_by_color_and_key", splits_by_color_and_key},
      {"shares_memory", shares_memory},
      {"waits_for_the_slow", waits_for_the_slow},
      {"goes_on_after_it_was_revoked", goes_on_after_it_was_revoked},
      {"gives_up_what_is_under_way", gives_up_what_is_under_way},
  };
  return cases;
}
inline std::string case_name(const testing::TestParamInfo<Case>& info) { return info.param.name; }

}  // namespace tutti::communicator_suite
