// The one child of a supervisor: a rank, with all that it starts. Nothing of it outlives the
// supervisor, whatever ends that: the kernel kills the child with its parent, and a guard, a
// process of a few pages that sees the supervisor's end, kills what else is in the child's process
// group. The launcher keeps mpirun so, with a grace in which it tidies up.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace tutti::supervise {

// How a child ended.
struct ChildEnd {
  int signal = 0;     // 0: it ended by itself,
  int exit_code = 0;  // with this
  bool core_dumped = false;
  // By a SIGKILL that was not ours, while its control group counted a kill for want of memory.
  bool out_of_memory = false;
  double user_seconds = 0, system_seconds = 0;
  uint64_t peak_resident_bytes = 0, major_faults = 0;

  bool well() const { return signal == 0 && exit_code == 0; }
};
std::string text_of(const ChildEnd& end);  // "killed by signal 9 (Killed), out of memory"

std::string this_program();  // its path, for those who start themselves

struct ChildOptions {
  std::vector<std::string> command = {};  // program (looked for in PATH) and arguments; no shell
  std::vector<std::pair<std::string, std::string>> environment = {};  // besides this process's
  std::vector<int> descriptors = {};  // that it inherits under their numbers
  size_t line_bytes = 16384;          // longer lines come in pieces
  // Ended from here, or with this process, it gets SIGTERM, and SIGKILL when it lasts longer.
  std::chrono::milliseconds grace{0};
};

class ChildProcess {
 public:
  // Called on the thread that runs the context, never from inside a call of this class.
  struct Handlers {
    std::function<void(bool error, std::string line)> line;  // of standard output, or error
    // It is dead and waited for, and so is what it left in its group; no line comes after. Once.
    std::function<void(const ChildEnd&)> ended;
  };

  // Starts it, with nothing as its input and in a process group of its own. The thread that calls
  // must live as long as the child should. Throws Error (missing) naming a program that cannot be
  // started.
  ChildProcess(boost::asio::io_context& context, const ChildOptions& options, Handlers handlers);
  // Kills it, and waits for it at most 5 s. No handler is called again.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;

  pid_t process() const;
  void signal(int number);  // to its whole group; nothing once it has ended
  void kill();              // SIGKILL, also of a stopped one: ended() confirms it
  void end();               // SIGTERM, and kill() after its grace

 private:
  class State;
  std::shared_ptr<State> state_;
};

// What a program printed, in lines, and how it ended; at most `patience` is waited, and it is
// killed.
struct Ran {
  ChildEnd end;
  std::vector<std::string> output, error;
};
Ran run_child(const ChildOptions& options, std::chrono::milliseconds patience);

// Ends this process as its child ended, at once and by a signal unless all is well: an MPI that
// goes on without lost ranks takes a rank for lost only when the process that mpirun started dies
// so.
[[noreturn]] void die_as(const ChildEnd& end);

}  // namespace tutti::supervise
