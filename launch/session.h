// Session: a program's place in the world. It finds out by itself whether the process runs alone,
// under mpirun or under srun, and gives models of this thread their threads, device and peers.
//
//   int main(int argc, char** argv) {
//     tutti::Session session(argc, argv, {.seed = 42});
//     ...
//   }
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/activity.h"
#include "core/model/world.h"
#include "distributed/communicator.h"

namespace tutti {

class SupervisedRank;  // launch/rank/supervised_rank.h

struct SessionOptions {
  int threads = 0;                    // 0: this rank's part of the processors that it may use
  std::string device = "cpu";         // or "cuda"
  std::string isa = "";               // x86_64, avx2, avx512; "": the best that all ranks have
  std::optional<uint64_t> seed = {};  // without one, rank 0 draws it
  int64_t shards = 0;                 // 0: the default of the batch
};

class Session {
 public:
  // Joins the world; configure() makes it usable. Throws Error (world) when a launcher's ranks do
  // not meet.
  Session();
  // Joins and configures. --threads, --device, --isa, --seed and --shards of the command line come
  // before the program's own; what else stands there is left to the program. An exception that
  // nobody catches from here on ends the program, and all ranks, with one line and the error's exit
  // code.
  Session(int argc, char** argv, const SessionOptions& own = {});
  explicit Session(const SessionOptions& options);
  // A world of this process alone, whatever started it.
  static Session alone();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Collective, once, before the first model is built: threads, device, the instruction set that
  // all ranks share, the seed of rank 0.
  void configure(const SessionOptions& options);

  static Session* current();  // of this thread; null if there is none

  Communicator& communicator() { return *communicator_; }
  int rank() const { return communicator_->rank(); }
  int size() const { return communicator_->size(); }
  bool speaks() const { return rank() == 0; }  // prints for people
  const World& world() const;                  // after configure
  std::string numerics() const;                // the numerics key

  // This rank as `tutti launch` started it; null if somebody else did.
  SupervisedRank* supervised() const { return supervised_.get(); }
  // After a CommunicationError, when nothing that was made in the world is left: meets those that
  // are left in the world that the judge wants next, and configures it. False where that cannot be
  // done in this process, which is then to end.
  bool go_on_in_place();

  // Throws Error (world) on every rank if `value` differs among them: "[what] rank 2 reads
  // something else than rank 0; ...".
  void require_same(uint64_t value, const std::string& what);
  // Prints the error once in the world and gives the exit code to end with.
  int report(const std::exception& error) noexcept;

 private:
  enum class Place { world, alone };
  explicit Session(Place place);
  int thread_share() const;
  int ranks_at(uint64_t place) const;  // that name the same one
  void agree_on_isa(const std::string& wanted);
  void agree_on_seed(std::optional<uint64_t> wanted);

  RecordedThread recorded_;  // joining may last
  std::unique_ptr<SupervisedRank> supervised_;
  SessionOptions options_;  // as configured
  std::unique_ptr<Communicator> communicator_;
  std::unique_ptr<Reducer> reducer_;
  std::unique_ptr<WorldScope> scope_;
  Session* outer_;
};

// For a catch around everything: prints the message on one line, unless a peer does; ends peers,
// gives the exit code.
int report_failure(const std::exception& error) noexcept;

}  // namespace tutti
