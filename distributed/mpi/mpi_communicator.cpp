#include "distributed/mpi/mpi_communicator.h"

#include <array>
#include <optional>

#include "core/base/activity.h"
#include "distributed/mpi/mpi_library.h"
#include "distributed/shared_memory/backoff.h"
#include "distributed/shared_memory/region.h"
#include "distributed/shared_memory/segment.h"

namespace tutti {
namespace {

constexpr size_t mpi_piece = size_t{1} << 30;
constexpr int exchange_tag = 1;
constexpr uint64_t polls_per_look = 256;  // at who is missing
// What a rank sent before it ended may come after the news that it has.
constexpr auto grace_of_the_ended = std::chrono::milliseconds(1000);

// One operation: what MPI calls requests, and for each of them what it waits for.
struct MpiOperation {
  struct Part {
    int peer;
    size_t expected;  // bytes to receive; for the others not known
    bool incoming;
  };
  bool busy = false;
  uint64_t bytes = 0;  // to and from peers
  std::vector<MPI_Request> requests;
  std::vector<MPI_Status> statuses;
  std::vector<Part> parts;
};

class MpiCommunicator : public Communicator {
 public:
  // Takes `world` over.
  MpiCommunicator(MpiLibrary& library, MPI_Comm world) : library_(library), world_(world) {
    check_mpi(MPI_Comm_set_errhandler(world_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check_mpi(MPI_Comm_rank(world_, &rank_), "MPI_Comm_rank");
    check_mpi(MPI_Comm_size(world_, &size_), "MPI_Comm_size");
    members_ = library_.ranks_of(world_);
  }
  ~MpiCommunicator() override {
    int finalized = 0;
    if (MPI_Finalized(&finalized) == MPI_SUCCESS && !finalized) MPI_Comm_free(&world_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::string_view name() const override { return "mpi"; }

  Request start_exchange(std::span<const Outgoing> out, std::span<const Incoming> in) override;
  Request start_broadcast(std::span<std::byte> data, int root) override;
  std::unique_ptr<Communicator> split(int color, int key) override;
  std::unique_ptr<SharedRegion> share(size_t bytes) override;
  void abort(const Error& error) override { library_.abort(error); }
  bool has_ended(int rank) const override {
    return library_.has_left(members_[static_cast<size_t>(rank)]);
  }
  void poll() override;
  bool agree(bool mine) override;
  bool fault_tolerant() const override { return library_.faults() != nullptr; }
  void revoke() override;
  std::unique_ptr<Communicator> shrink() override;

 protected:
  void wait_for(uint64_t ticket) override;
  // The buffers are about to go while MPI may still write to them. Revocation ends that; without it
  // only the end of the process helps, and the error on its way brings it.
  void give_up(uint64_t ticket) noexcept override {
    if (fault_tolerant()) abandon(operations_[ticket]);
  }
  std::string_view fault_tolerance_remedy() const override {
    return "start again, on Open MPI 5 by mpirun --with-ft ulfm";
  }

 private:
  std::pair<MpiOperation*, uint64_t> begin();
  void post(MpiOperation& operation, std::span<const Outgoing> out, std::span<const Incoming> in);
  template <typename Body>
  void guarded(MpiOperation& operation, Body&& body);
  void abandon(MpiOperation& operation) noexcept;
  void complete(MpiOperation& operation);
  void stop_if_over();
  void notice_losses();
  bool meet(bool mine, std::string_view awaited);
  std::unique_ptr<Communicator> place_in(MPI_Comm world);
  void check_sizes(const MpiOperation& operation) const;
  std::vector<int> missing_ranks(const MpiOperation& operation) const;
  [[noreturn]] void fail_late(const MpiOperation& operation) const;
  void fail_if_ended(const MpiOperation& operation) const;
  bool on_one_host();

  MpiLibrary& library_;
  MPI_Comm world_;
  int rank_ = 0, size_ = 1;
  int agreed_ = 0;            // MPI may write to it after agree() has given up waiting
  std::vector<int> members_;  // which of the library's ranks they are
  std::array<MpiOperation, max_in_flight> operations_;
};

std::pair<MpiOperation*, uint64_t> MpiCommunicator::begin() {
  if (fault_tolerant()) stop_if_over();
  for (uint64_t ticket = 0; ticket < max_in_flight; ++ticket) {
    MpiOperation& operation = operations_[ticket];
    if (operation.busy) continue;
    operation.busy = true;
    operation.requests.clear(), operation.parts.clear();
    operation.bytes = 0;
    return {&operation, ticket};
  }
  fail(ExitCode::internal, "mpi", "{} operations under way; wait() for some", max_in_flight);
}

// An operation that fails leaves nothing under way where the world can go on without it.
template <typename Body>
void MpiCommunicator::guarded(MpiOperation& operation, Body&& body) {
  try {
    body();
  } catch (const CommunicationError&) {
    if (fault_tolerant()) {
      abandon(operation);
      notice_losses();  // its message says more
    }
    throw;
  }
}

// Revocation completes all that is under way in this world: then the buffers are free.
void MpiCommunicator::abandon(MpiOperation& operation) noexcept {
  library_.faults()->revoke(world_);
  Backoff backoff(deadline());
  for (MPI_Request& request : operation.requests)
    for (int done = 0; request != MPI_REQUEST_NULL && !done && backoff.pause();)
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
  operation.busy = false;
}

Request MpiCommunicator::start_exchange(std::span<const Outgoing> out,
                                        std::span<const Incoming> in) {
  copy_own_messages(rank_, out, in);
  const auto [operation, ticket] = begin();
  guarded(*operation, [&, operation = operation] { post(*operation, out, in); });
  return {this, ticket};
}

void MpiCommunicator::post(MpiOperation& operation, std::span<const Outgoing> out,
                           std::span<const Incoming> in) {
  // Receives first, so that no message has to be put aside when it comes.
  for (const Incoming& message : in) {
    if (message.peer == rank_) continue;
    operation.bytes += message.bytes.size();
    for_each_piece(message.bytes.size(), mpi_piece, [&](size_t offset, size_t size) {
      operation.parts.push_back({message.peer, size, true});
      check_mpi(
          MPI_Irecv(message.bytes.data() + offset, static_cast<int>(size), MPI_BYTE, message.peer,
                    exchange_tag, world_, &operation.requests.emplace_back(MPI_REQUEST_NULL)),
          "MPI_Irecv");
    });
  }
  for (const Outgoing& message : out) {
    if (message.peer == rank_) continue;
    operation.bytes += message.bytes.size();
    for_each_piece(message.bytes.size(), mpi_piece, [&](size_t offset, size_t size) {
      operation.parts.push_back({message.peer, 0, false});
      check_mpi(
          MPI_Isend(message.bytes.data() + offset, static_cast<int>(size), MPI_BYTE, message.peer,
                    exchange_tag, world_, &operation.requests.emplace_back(MPI_REQUEST_NULL)),
          "MPI_Isend");
    });
  }
}

// MPI's own, because it sends along a tree.
Request MpiCommunicator::start_broadcast(std::span<std::byte> data, int root) {
  check_root(root);
  const auto [operation, ticket] = begin();
  operation->bytes = data.size();
  guarded(*operation, [&, operation = operation] {
    for_each_piece(data.size(), mpi_piece, [&](size_t offset, size_t size) {
      operation->parts.push_back({root, 0, false});
      check_mpi(MPI_Ibcast(data.data() + offset, static_cast<int>(size), MPI_BYTE, root, world_,
                           &operation->requests.emplace_back(MPI_REQUEST_NULL)),
                "MPI_Ibcast");
    });
  });
  return {this, ticket};
}

void MpiCommunicator::wait_for(uint64_t ticket) {
  MpiOperation& operation = operations_[ticket];
  guarded(operation, [&] { complete(operation); });
  operation.busy = false;
}

void MpiCommunicator::complete(MpiOperation& operation) {
  operation.statuses.resize(operation.requests.size());
  Waiting waiting("exchange");
  Backoff backoff(deadline()), grace(grace_of_the_ended);
  for (uint64_t polls = 0;; ++polls) {
    int done = 0;
    const int result = MPI_Testall(static_cast<int>(operation.requests.size()),
                                   operation.requests.data(), &done, operation.statuses.data());
    if (result == MPI_ERR_IN_STATUS)
      for (const MPI_Status& status : operation.statuses)
        if (status.MPI_ERROR != MPI_ERR_PENDING) check_mpi(status.MPI_ERROR, "exchange");
    check_mpi(result, "MPI_Testall");
    if (done) break;
    if (!backoff.spinning()) poll();
    if (polls % polls_per_look == polls_per_look - 1) {
      const std::vector<int> missing = missing_ranks(operation);
      if (missing.size() == 1) waiting.on(missing.front());  // of many none is to blame
    }
    if (library_.any_left() && !grace.pause()) fail_if_ended(operation);
    if (!backoff.pause()) fail_late(operation);
  }
  check_sizes(operation);
  note_bytes(operation.bytes);
}

void MpiCommunicator::poll() {
  if (fault_tolerant())
    stop_if_over();
  else
    library_.poll();
}

// Throws once a rank of this world is lost, or a peer that noticed has revoked it.
void MpiCommunicator::stop_if_over() {
  stop_if_interrupted();
  notice_losses();
  int revoked = 0;
  check_mpi(library_.faults()->is_revoked(world_, &revoked), "MPIX_Comm_is_revoked");
  if (revoked) throw CommunicationError("[mpi] this world was revoked; go on in shrink()'s");
}

void MpiCommunicator::notice_losses() {
  library_.poll();  // a rank that failed may have told its peers to end
  const std::vector<int> lost = library_.faults()->lost_ranks(world_);
  if (lost.empty()) return;
  library_.faults()->revoke(world_);
  throw CommunicationError(
      fmt::format("[mpi] lost {}; go on in shrink()'s world or start again", name_ranks(lost)));
}

void MpiCommunicator::revoke() {
  if (!fault_tolerant()) return Communicator::revoke();
  check_mpi(library_.faults()->revoke(world_), "MPIX_Comm_revoke");
}

std::unique_ptr<Communicator> MpiCommunicator::shrink() {
  if (!fault_tolerant()) return Communicator::shrink();
  meet(true, "the ranks that are left to shrink too");  // as in split()
  MPI_Comm left = MPI_COMM_NULL;
  check_mpi(library_.faults()->shrink(world_, &left), "MPIX_Comm_shrink");
  return place_in(left);
}

bool MpiCommunicator::agree(bool mine) {
  if (!fault_tolerant()) return Communicator::agree(mine);
  return meet(mine, "its peers to agree");
}

// Of the ranks that are left in a fault tolerant world: whether all of them say so.
bool MpiCommunicator::meet(bool mine, std::string_view awaited) {
  const Waiting waiting("agree");
  agreed_ = mine;
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(library_.faults()->iagree(world_, &agreed_, &request), "MPIX_Comm_iagree");
  Backoff backoff(deadline());
  for (int done = 0; !done;) {
    // An error says that a rank is lost; those that are left agree all the same.
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (!done && !backoff.pause())
      throw CommunicationError(
          fmt::format("[mpi] rank {} waited {} ms for {}; look for what stopped there, or end it",
                      rank_, deadline().count(), awaited));
  }
  return agreed_ != 0;
}

void MpiCommunicator::check_sizes(const MpiOperation& operation) const {
  for (size_t i = 0; i < operation.parts.size(); ++i) {
    const auto& part = operation.parts[i];
    if (!part.incoming) continue;
    int count = 0;
    check_mpi(MPI_Get_count(&operation.statuses[i], MPI_BYTE, &count), "MPI_Get_count");
    if (static_cast<size_t>(count) != part.expected)
      fail(ExitCode::internal, "mpi",
           "rank {} expects {} bytes from rank {}, which sends {}; make the ranks' calls agree",
           rank_, part.expected, part.peer, count);
  }
}

std::vector<int> MpiCommunicator::missing_ranks(const MpiOperation& operation) const {
  std::vector<int> missing;
  for (size_t i = 0; i < operation.parts.size(); ++i) {
    int done = 0;
    check_mpi(MPI_Request_get_status(operation.requests[i], &done, MPI_STATUS_IGNORE),
              "MPI_Request_get_status");
    if (!done && operation.parts[i].peer != rank_) missing.push_back(operation.parts[i].peer);
  }
  return missing;
}

void MpiCommunicator::fail_if_ended(const MpiOperation& operation) const {
  std::vector<int> missing = missing_ranks(operation);
  std::erase_if(missing, [&](int peer) { return !has_ended(peer); });
  if (!missing.empty())
    throw CommunicationError(
        fmt::format("[mpi] {} ended and left rank {} waiting; make all ranks take part",
                    name_ranks(missing), rank_));
}

void MpiCommunicator::fail_late(const MpiOperation& operation) const {
  const std::vector<int> missing = missing_ranks(operation);
  throw CommunicationError(fmt::format(
      "[mpi] rank {} waited {} ms for {}; look for what stopped there", rank_, deadline().count(),
      missing.empty() ? "its peers to take its message" : name_ranks(missing)));
}

std::unique_ptr<Communicator> MpiCommunicator::split(int color, int key) {
  barrier();  // here a missing rank is noticed; MPI_Comm_split would wait for it in silence
  MPI_Comm part = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split(world_, color, key, &part), "MPI_Comm_split");
  return place_in(part);
}

std::unique_ptr<Communicator> MpiCommunicator::place_in(MPI_Comm world) {
  auto communicator = std::make_unique<MpiCommunicator>(library_, world);
  communicator->set_deadline(deadline());
  // Open MPI 5.0 crashes where a revocation meets a world that is still being made.
  if (fault_tolerant()) agree(true);
  return communicator;
}

bool MpiCommunicator::on_one_host() {
  barrier();  // as in split()
  MPI_Comm host = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(world_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &host),
            "MPI_Comm_split_type");
  int neighbours = 0;
  check_mpi(MPI_Comm_size(host, &neighbours), "MPI_Comm_size");
  check_mpi(MPI_Comm_free(&host), "MPI_Comm_free");
  return neighbours == size_;
}

std::unique_ptr<SharedRegion> MpiCommunicator::share(size_t bytes) {
  if (!agree(on_one_host())) return nullptr;
  const size_t total = SharedRegion::memory_bytes(size_, bytes);
  std::array<char, 64> name{};
  std::optional<ShmSegment> made;
  if (rank_ == 0) {
    made.emplace(ShmSegment::create());
    made->name().copy(name.data(), name.size() - 1);
  }
  broadcast(std::as_writable_bytes(std::span(name)), 0);
  ShmSegment segment = rank_ == 0 ? std::move(*made) : ShmSegment::open(name.data());
  // Each rank reserves its part itself, so that the pages lie near it.
  const size_t part = (total / size_ + 4095) / 4096 * 4096, begin = std::min(total, part * rank_);
  const bool reserved = segment.reserve(begin, std::min(part, total - begin));
  if (!agree(reserved)) return nullptr;
  auto memory = segment.map(total);
  if (!agree(memory != nullptr)) return nullptr;
  return std::make_unique<SharedRegion>(*this, std::move(memory), bytes);
}

struct MpiBackend : CommunicatorBackend {
  using Options = NoOptions;
  explicit MpiBackend(Options) {}
  Options options() const { return {}; }
  // A launcher's single rank needs no MPI; one that does not say how many there are may have more.
  int preference() const override {
    const LaunchEnvironment launch = detect_launcher(process_environment());
    return launch.launcher != Launcher::none && launch.ranks != 1 ? 2 : 0;
  }
  std::unique_ptr<Communicator> join() const override { return make_mpi_communicator(); }
};
TUTTI_REGISTER(CommunicatorBackend, MpiBackend, "mpi", "ranks are processes of mpirun or srun");

}  // namespace

std::unique_ptr<Communicator> make_mpi_communicator() {
  MpiLibrary& library = MpiLibrary::start(detect_launcher(process_environment()));
  MPI_Comm world = MPI_COMM_NULL;
  check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &world), "MPI_Comm_dup");
  return std::make_unique<MpiCommunicator>(library, world);
}

}  // namespace tutti
