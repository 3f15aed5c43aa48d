// The processes that the launcher runs: one mpirun or srun per world, probes of hosts, and the
// command that says which hosts there are. Nothing of it outlives the launcher.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "launch/launcher/world_starter.h"

namespace tutti::launch {

class WorldProcesses {
 public:
  // Called on the thread that runs the context, never from inside a call of this class.
  using Ended = std::function<void(const std::string& words)>;  // how, in one line
  using Output = std::function<void(bool well, const std::vector<std::string>& lines)>;

  WorldProcesses(boost::asio::io_context& context, const WorldStarter& starter);
  ~WorldProcesses();  // kills all; no handler is called again
  WorldProcesses(const WorldProcesses&) = delete;

  void start(uint64_t world, const SeatHosts& seats, const std::vector<std::string>& program,
             Ended ended);
  // Ends it; at once, or when it has not ended by itself after `patience`. Its handler is not
  // called any more.
  void end(uint64_t world, std::chrono::milliseconds patience);
  // What the processes of a world's starter said themselves, the newest lines: why it could not
  // be started stands there.
  std::vector<std::string> said(uint64_t world) const;
  bool idle() const;  // nothing runs

  // Runs it to its end, at most `patience`, and gives what it printed.
  void run(supervise::ChildOptions command, std::chrono::milliseconds patience, Output output);

 private:
  class Started;
  struct World;
  struct Short;
  boost::asio::io_context& context_;
  const WorldStarter& starter_;
  std::list<std::shared_ptr<World>> worlds_;
  std::list<std::shared_ptr<Short>> short_;
};

}  // namespace tutti::launch
