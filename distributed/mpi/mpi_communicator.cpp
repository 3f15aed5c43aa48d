#include "distributed/mpi/mpi_communicator.h"

#include <array>
#include <optional>

#include "distributed/mpi/mpi_library.h"
#include "distributed/shared_memory/backoff.h"
#include "distributed/shared_memory/region.h"
#include "distributed/shared_memory/segment.h"

namespace tutti {
namespace {

constexpr size_t mpi_piece = size_t{1} << 30;
constexpr int exchange_tag = 1;

// One operation: what MPI calls requests, and for each of them what it waits for.
struct MpiOperation {
  struct Part {
    int peer;
    size_t expected;  // bytes to receive; for the others not known
    bool incoming;
  };
  bool busy = false;
  std::vector<MPI_Request> requests;
  std::vector<MPI_Status> statuses;
  std::vector<Part> parts;
};

class MpiCommunicator : public Communicator {
 public:
  // Takes `world` over.
  MpiCommunicator(MpiLibrary& library, MPI_Comm world) : library_(library), world_(world) {
    check_mpi(MPI_Comm_rank(world_, &rank_), "MPI_Comm_rank");
    check_mpi(MPI_Comm_size(world_, &size_), "MPI_Comm_size");
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
  void poll() override { library_.poll(); }

 protected:
  void wait_for(uint64_t ticket) override;
  // The buffers are about to go while MPI may still write to them: only the end of the process
  // helps, and the error on its way brings it.
  void give_up(uint64_t) noexcept override {}

 private:
  uint64_t begin();  // the ticket of a free operation, now taken
  void check_sizes(const MpiOperation& operation) const;
  [[noreturn]] void fail_late(const MpiOperation& operation) const;
  bool on_one_host() const;

  MpiLibrary& library_;
  MPI_Comm world_;
  int rank_ = 0, size_ = 1;
  std::array<MpiOperation, max_in_flight> operations_;
};

uint64_t MpiCommunicator::begin() {
  for (uint64_t ticket = 0; ticket < max_in_flight; ++ticket) {
    MpiOperation& operation = operations_[ticket];
    if (operation.busy) continue;
    operation.busy = true;
    operation.requests.clear(), operation.parts.clear();
    return ticket;
  }
  fail(ExitCode::internal, "mpi", "{} operations under way; wait() for some", max_in_flight);
}

Request MpiCommunicator::start_exchange(std::span<const Outgoing> out,
                                        std::span<const Incoming> in) {
  copy_own_messages(rank_, out, in);
  const uint64_t ticket = begin();
  MpiOperation& operation = operations_[ticket];
  // Receives first, so that no message has to be put aside when it comes.
  for (const Incoming& message : in) {
    if (message.peer == rank_) continue;
    for_each_piece(message.bytes.size(), mpi_piece, [&](size_t offset, size_t size) {
      operation.parts.push_back({message.peer, size, true});
      check_mpi(MPI_Irecv(message.bytes.data() + offset, static_cast<int>(size), MPI_BYTE,
                          message.peer, exchange_tag, world_, &operation.requests.emplace_back()),
                "MPI_Irecv");
    });
  }
  for (const Outgoing& message : out) {
    if (message.peer == rank_) continue;
    for_each_piece(message.bytes.size(), mpi_piece, [&](size_t offset, size_t size) {
      operation.parts.push_back({message.peer, 0, false});
      check_mpi(MPI_Isend(message.bytes.data() + offset, static_cast<int>(size), MPI_BYTE,
                          message.peer, exchange_tag, world_, &operation.requests.emplace_back()),
                "MPI_Isend");
    });
  }
  return {this, ticket};
}

// MPI's own, because it sends along a tree.
Request MpiCommunicator::start_broadcast(std::span<std::byte> data, int root) {
  const uint64_t ticket = begin();
  MpiOperation& operation = operations_[ticket];
  for_each_piece(data.size(), mpi_piece, [&](size_t offset, size_t size) {
    operation.parts.push_back({root, 0, false});
    check_mpi(MPI_Ibcast(data.data() + offset, static_cast<int>(size), MPI_BYTE, root, world_,
                         &operation.requests.emplace_back()),
              "MPI_Ibcast");
  });
  return {this, ticket};
}

void MpiCommunicator::wait_for(uint64_t ticket) {
  MpiOperation& operation = operations_[ticket];
  operation.statuses.resize(operation.requests.size());
  Backoff backoff(deadline());
  for (;;) {
    int done = 0;
    const int result = MPI_Testall(static_cast<int>(operation.requests.size()),
                                   operation.requests.data(), &done, operation.statuses.data());
    if (result == MPI_ERR_IN_STATUS)
      for (const MPI_Status& status : operation.statuses)
        if (status.MPI_ERROR != MPI_ERR_PENDING) check_mpi(status.MPI_ERROR, "exchange");
    check_mpi(result, "MPI_Testall");
    if (done) break;
    if (!backoff.spinning()) poll();
    if (!backoff.pause()) fail_late(operation);
  }
  check_sizes(operation);
  operation.busy = false;
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

void MpiCommunicator::fail_late(const MpiOperation& operation) const {
  std::vector<int> missing;
  for (size_t i = 0; i < operation.parts.size(); ++i) {
    int done = 0;
    check_mpi(MPI_Request_get_status(operation.requests[i], &done, MPI_STATUS_IGNORE),
              "MPI_Request_get_status");
    if (!done && operation.parts[i].peer != rank_) missing.push_back(operation.parts[i].peer);
  }
  throw CommunicationError(fmt::format(
      "[mpi] rank {} waited {} ms for {}; look for what stopped there", rank_, deadline().count(),
      missing.empty() ? "its peers to take its message" : name_ranks(missing)));
}

std::unique_ptr<Communicator> MpiCommunicator::split(int color, int key) {
  MPI_Comm part = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split(world_, color, key, &part), "MPI_Comm_split");
  auto communicator = std::make_unique<MpiCommunicator>(library_, part);
  communicator->set_deadline(deadline());
  return communicator;
}

bool MpiCommunicator::on_one_host() const {
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
