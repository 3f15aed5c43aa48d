// fork and exec, with what Boost.Process has no way to say: a child that dies with its parent
// before it has done anything, and descriptors that nobody else inherits.
#pragma once

#include <sys/types.h>

#include "launch/supervise/child_process.h"

namespace tutti::supervise {

struct StartedProcess {
  pid_t process = -1;
  int output = -1, error = -1;  // its standard streams, to be read and closed by the caller
};

// Throws Error (missing) for a program that cannot be started.
StartedProcess start_process(const ChildOptions& options);

}  // namespace tutti::supervise
