// A process that kills a process group when the process that made it ends, however that ends.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace tutti::supervise {

class Guard {
 public:
  // With SIGTERM, and with SIGKILL what lasts longer than the grace. Throws Error (missing) where
  // no process can be made.
  explicit Guard(pid_t group, std::chrono::milliseconds grace = {});
  ~Guard();  // kills the group unless released
  Guard(const Guard&) = delete;
  void release();  // the group is no more: its number may come to mean another

 private:
  int line_ = -1;  // it reads the other end
  pid_t process_ = -1;
};

}  // namespace tutti::supervise
