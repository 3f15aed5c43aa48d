#include "launch/session.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <vector>

#include "core/base/error.h"
#include "core/base/fault_point.h"
#include "core/base/hash.h"
#include "core/base/host_number.h"
#include "core/base/log.h"
#include "core/base/seed.h"
#include "core/base/terminal.h"
#include "core/device/cpu/control_group.h"
#include "core/device/isa.h"
#include "core/device/numerics.h"
#include "distributed/communicator_reducer.h"
#include "distributed/mpi/environment.h"
#include "distributed/mpi/processors.h"
#include "distributed/said_by_all.h"
#include "distributed/self/self_communicator.h"
#include "launch/rank/supervised_rank.h"
#include "launch/slurm/allocation.h"

namespace tutti {

namespace {

thread_local Session* current_session = nullptr;

SessionOptions options_of_program(int argc, char** argv, SessionOptions chosen) {
  namespace po = boost::program_options;
  uint64_t seed = 0;
  po::options_description known;
  known.add_options()("threads", po::value(&chosen.threads))("device", po::value(&chosen.device))(
      "isa", po::value(&chosen.isa))("seed", po::value(&seed))("shards", po::value(&chosen.shards));
  try {
    po::variables_map given;
    const auto style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(
        po::command_line_parser(argc, argv).options(known).style(style).allow_unregistered().run(),
        given);
    po::notify(given);
    if (given.count("seed")) chosen.seed = seed;
  } catch (const po::error& error) {
    fail(ExitCode::usage, "command line", "{}; write it as --threads 2", error.what());
  }
  return chosen;
}

[[noreturn]] void end_with_message() {
  int code = static_cast<int>(ExitCode::internal);
  try {
    if (const auto error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::exception& error) {
    code = report_failure(error);
  } catch (...) {
    code = report_failure(
        Error("[tutti] an exception of an unknown type was thrown; derive it from std::exception",
              ExitCode::internal));
  }
  std::fflush(nullptr);
  _exit(code);
}

Error as_error(const std::exception& error) {
  if (const auto* known = dynamic_cast<const Error*>(&error))
    return Error(one_line(known->what()), known->code());
  if (dynamic_cast<const std::bad_alloc*>(&error))
    return Error("[memory] not enough memory; lower batch_size or the model's sizes",
                 ExitCode::world);
  return Error(fmt::format("[tutti] {}; this is a defect in the program", one_line(error.what())),
               ExitCode::internal);
}

void print_error(const Error& error) { std::fprintf(stderr, "%s\n", error.what()); }

// mpirun binds ranks to a core each, or a socket, without being asked. Whatever narrows mpirun
// itself is nobody's mistake here.
void warn_of_narrow_mask(int share, int host_ranks) {
  if (detect_launcher(process_environment()).launcher != Launcher::mpirun) return;
  const double there = processors_of_mpirun();
  const int part = static_cast<int>(std::min(there, cpu_quota().value_or(there))) / host_ranks;
  if (share < part)
    log_warn(
        "[mpirun] each rank may use {} of the {} processors that are its part of the host; add "
        "--bind-to none, or start it by tutti launch",
        share, part);
}

std::unique_ptr<Communicator> meet() {
  const Waiting waiting("start of MPI");
  return join_world();
}

Hasher host_hasher() {
  char host[256] = {};
  gethostname(host, sizeof(host) - 1);
  Hasher hasher;
  const uint64_t number = host_number();
  hasher.update(host, sizeof(host)).update(&number, sizeof(number));
  return hasher;
}

}  // namespace

Session::Session() : Session(Place::world) {}

Session Session::alone() { return Session(Place::alone); }

Session::Session(Place place)
    : supervised_(place == Place::world ? SupervisedRank::join() : nullptr),
      communicator_(place == Place::world ? meet() : make_self_communicator()),
      outer_(current_session) {
  current_session = this;
  set_log_rank(rank());
  std::signal(SIGXFSZ, SIG_IGN);  // a limit of file size fails the write, which says so
  if (!supervised_) return;
  supervised_->enter(rank());
  supervised_->meets_through(communicator_.get());
}

Session::Session(const SessionOptions& options) : Session() { configure(options); }

Session::Session(int argc, char** argv, const SessionOptions& own)
    : Session((std::set_terminate(end_with_message), Place::world)) {  // joining may fail already
  configure(options_of_program(argc, argv, own));
}

Session::~Session() {
  if (supervised_) supervised_->meets_through(nullptr);
  scope_.reset();
  current_session = outer_;
}

Session* Session::current() { return current_session; }

const World& Session::world() const { return current_world(); }

std::string Session::numerics() const { return numerics_key(*world().device); }

// Ranks that may run on the same processors of the same host share them out. Slurm gives each task
// its number, and need not bind it to them.
int Session::thread_share() const {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(0, sizeof(mask), &mask);
  Hasher place = host_hasher();
  const int share = available_threads() / ranks_at(place.update(&mask, sizeof(mask)).digest());
  const int given = slurm::cpus_per_task(process_environment());
  return std::max(1, given > 0 ? std::min(share, given) : share);
}

int Session::ranks_at(uint64_t place) const {
  const auto all = said_by_all(*communicator_, place);
  return static_cast<int>(std::count(all.begin(), all.end(), place));
}

void Session::agree_on_isa(const std::string& wanted) {
  const Isa mine = wanted.empty() ? detected_isa() : parse_isa(wanted);
  const auto all = said_by_all(*communicator_, static_cast<int>(mine));
  pin_isa(static_cast<Isa>(*std::min_element(all.begin(), all.end())));
}

void Session::agree_on_seed(std::optional<uint64_t> wanted) {
  uint64_t seed = wanted ? *wanted : rank() == 0 ? random_seed() : 0;
  communicator_->broadcast(std::as_writable_bytes(std::span(&seed, 1)), 0);
  set_random_seed(seed);
}

void Session::configure(const SessionOptions& options) {
  if (options.threads < 0)
    fail(ExitCode::usage, "session", "threads must be at least 1, got {}; leave it out for all",
         options.threads);
  if (options.device != "cpu" && options.device != "cuda")
    fail(ExitCode::usage, "session", "unknown device '{}'; use cpu or cuda", options.device);
  const bool chosen = options.threads > 0 && size() == 1;  // of several ranks some may choose
  const int share = chosen ? options.threads : thread_share();
  agree_on_isa(options.isa);
  agree_on_seed(options.seed);
  options_ = options;
  options_.isa = std::string(name_of(active_isa()));  // a smaller world keeps to them
  options_.seed = random_seed();
  World world;
  world.pool = std::make_shared<ThreadPool>(options.threads > 0 ? options.threads : share);
  world.device = &device_of(options.device == "cuda" ? DeviceKind::cuda : DeviceKind::cpu);
  world.shards = options.shards;
  const bool processes = communicator_->name() == "mpi";
  if (size() > 1) {
    if (processes) world.host_ranks = ranks_at(host_hasher().digest());
    if (!reducer_) reducer_ = std::make_unique<CommunicatorReducer>(*communicator_, processes);
    world.reducer = reducer_.get();
  }
  if ((processes || size() == 1) && options.threads == 0 && !supervised_)
    warn_of_narrow_mask(share, world.host_ranks);
  flush_denormals();
  scope_.reset();
  scope_ = std::make_unique<WorldScope>(std::move(world));
}

// Ranks may hear of worlds that follow each other fast at different times, and lose another while
// they meet: they go on when all of them want the same world and are the ones that it is made of.
bool Session::go_on_in_place() {
  if (!supervised_ || !communicator_->fault_tolerant()) return false;
  supervised_->meets_through(nullptr);
  communicator_->revoke();
  fault_point("world/revoked");
  supervised_->enter_newer(supervised_->world()->generation + 1);
  std::unique_ptr<Communicator> left = communicator_->shrink();
  for (bool met = false; !met;) try {
      const membership::World& world = *supervised_->world();
      const auto wanted = said_by_all(*left, world.generation);
      const auto [oldest, newest] = std::ranges::minmax(wanted);
      met = oldest == newest && left->size() == static_cast<int>(world.seats.size());
      if (!met) supervised_->enter_newer(oldest == newest ? newest + 1 : newest);
    } catch (const CommunicationError&) {
      left->revoke();
      left = left->shrink();
    }
  fault_point("world/shrunk");
  scope_.reset();
  reducer_.reset();
  communicator_ = std::move(left);
  set_log_rank(rank());
  supervised_->meets_through(communicator_.get());
  configure(options_);
  return true;
}

void Session::require_same(uint64_t value, const std::string& what) {
  const auto all = said_by_all(*communicator_, value);
  for (size_t rank = 1; rank < all.size(); ++rank)
    if (all[rank] != all[0])
      fail(ExitCode::world, what,
           "rank {} reads something else than rank 0; give all ranks the same files", rank);
}

int Session::report(const std::exception& error) noexcept {
  try {
    const Error known = as_error(error);
    if (!dynamic_cast<const PeerFailure*>(&error)) {
      // All ranks stop at one step. What ends them at once, as an abort does, would keep their
      // supervisors from saying so to the judge.
      const bool together = supervised_ && known.code() == ExitCode::stopped;
      if (size() > 1 && !together)
        communicator_->abort(known);  // prints, and ends the process where ranks are processes
      else if (speaks())
        print_error(known);
    }
    return static_cast<int>(known.code());
  } catch (...) {
    return static_cast<int>(ExitCode::internal);
  }
}

int report_failure(const std::exception& error) noexcept {
  if (current_session) return current_session->report(error);
  const Error known = as_error(error);
  if (!dynamic_cast<const PeerFailure*>(&error)) print_error(known);
  return static_cast<int>(known.code());
}

}  // namespace tutti
