#include "distributed/communicator.h"

#include <algorithm>
#include <cstring>

namespace tutti {

Request::Request(Request&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), ticket_(other.ticket_) {}

Request& Request::operator=(Request&& other) noexcept {
  if (this != &other) {
    if (owner_) owner_->give_up(ticket_);
    owner_ = std::exchange(other.owner_, nullptr);
    ticket_ = other.ticket_;
  }
  return *this;
}

Request::~Request() {
  if (owner_) owner_->give_up(ticket_);
}

void Request::wait() {
  // Cleared first: a wait that throws has already given the operation up.
  if (owner_) std::exchange(owner_, nullptr)->wait_for(ticket_);
}

void Communicator::check_root(int root) const {
  if (root < 0 || root >= size())
    fail(ExitCode::internal, "broadcast", "root {} is not a rank of {}; name one of 0..{}", root,
         size(), size() - 1);
}

Request Communicator::start_broadcast(std::span<std::byte> data, int root) {
  check_root(root);
  outgoing_.clear(), incoming_.clear();
  if (rank() != root) incoming_.push_back({root, data});
  for (int peer = 0; rank() == root && peer < size(); ++peer)
    if (peer != root) outgoing_.push_back({peer, data});
  return start_exchange(outgoing_, incoming_);
}

Request Communicator::start_all_gather(std::span<const std::byte> mine, std::span<std::byte> full,
                                       std::span<const int64_t> offsets) {
  const auto part = [&](int r) {
    return full.subspan(static_cast<size_t>(offsets[r]),
                        static_cast<size_t>(offsets[r + 1] - offsets[r]));
  };
  if (offsets.size() != static_cast<size_t>(size()) + 1 || offsets.front() < 0 ||
      !std::is_sorted(offsets.begin(), offsets.end()) ||
      offsets.back() > static_cast<int64_t>(full.size()) || mine.size() != part(rank()).size())
    fail(ExitCode::internal, "all_gather",
         "{} offsets over {} bytes, {} of them mine: expected {} ascending offsets that fit",
         offsets.size(), full.size(), mine.size(), size() + 1);
  const std::span<std::byte> place = part(rank());
  if (!mine.empty() && place.data() != mine.data())
    std::memmove(place.data(), mine.data(), mine.size());
  outgoing_.clear(), incoming_.clear();
  // Each rank begins with its right neighbour, so that not all of them send to rank 0 first.
  for (int step = 1; step < size(); ++step) {
    const int to = (rank() + step) % size(), from = (rank() - step + size()) % size();
    if (!place.empty()) outgoing_.push_back({to, place});
    if (!part(from).empty()) incoming_.push_back({from, part(from)});
  }
  return start_exchange(outgoing_, incoming_);
}

void Communicator::exchange(std::span<const Outgoing> out, std::span<const Incoming> in) {
  start_exchange(out, in).wait();
}

void Communicator::broadcast(std::span<std::byte> data, int root) {
  start_broadcast(data, root).wait();
}

void Communicator::all_gather(std::span<const std::byte> mine, std::span<std::byte> full,
                              std::span<const int64_t> offsets) {
  start_all_gather(mine, full, offsets).wait();
}

void Communicator::barrier() { vote(true); }

bool Communicator::agree(bool mine) { return vote(mine); }

void Communicator::revoke() { fail_intolerant("revoke"); }

std::unique_ptr<Communicator> Communicator::shrink() { fail_intolerant("shrink"); }

void Communicator::fail_intolerant(std::string_view verb) const {
  throw CommunicationError(fmt::format("[{}] {}: this world has no fault tolerance; {}", name(),
                                       verb, fault_tolerance_remedy()));
}

void Communicator::stop_if_interrupted() const {
  if (interrupted_.load(std::memory_order_relaxed))
    throw CommunicationError(fmt::format("[{}] this world is over: another one is wanted", name()));
}

bool Communicator::vote(bool mine) {
  // A byte from everyone to everyone: worlds are at most as large as the number of shards.
  votes_.assign(static_cast<size_t>(size()), std::byte{0});
  vote_offsets_.resize(votes_.size() + 1);
  for (size_t i = 0; i < vote_offsets_.size(); ++i) vote_offsets_[i] = static_cast<int64_t>(i);
  const std::byte vote{mine};
  all_gather({&vote, 1}, votes_, vote_offsets_);
  return std::all_of(votes_.begin(), votes_.end(), [](std::byte v) { return v == std::byte{1}; });
}

void copy_own_messages(int rank, std::span<const Outgoing> out, std::span<const Incoming> in) {
  auto from = out.begin();
  for (const Incoming& to : in) {
    if (to.peer != rank) continue;
    from = std::find_if(from, out.end(), [&](const Outgoing& o) { return o.peer == rank; });
    if (from == out.end() || from->bytes.size() != to.bytes.size())
      fail(ExitCode::internal, "exchange",
           "rank {} sends itself other messages than it expects; make the two lists agree", rank);
    if (!to.bytes.empty()) std::memmove(to.bytes.data(), from->bytes.data(), to.bytes.size());
    ++from;
  }
}

std::string name_ranks(std::span<const int> ranks) {
  std::vector<int> sorted(ranks.begin(), ranks.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::string text = sorted.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0) text += i + 1 == sorted.size() ? " and " : ", ";
    text += std::to_string(sorted[i]);
  }
  return text;
}

std::unique_ptr<Communicator> join_world() {
  std::shared_ptr<CommunicatorBackend> best;
  for (const KindInfo* kind : kinds_of(CommunicatorBackend::category)) {
    auto backend = make<CommunicatorBackend>(Config(kind->name));
    if (backend->preference() > (best ? best->preference() : 0)) best = std::move(backend);
  }
  if (!best)
    fail(ExitCode::internal, "communicator", "no backend is registered; link distributed/self");
  return best->join();
}

}  // namespace tutti
