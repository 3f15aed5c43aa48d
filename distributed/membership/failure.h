// Why a world broke, and what follows from it.
#pragma once

#include <string>

#include "distributed/membership/message.h"

namespace tutti::membership {

// In order of weight: of what happened to one world, the heaviest, and of equals the first, is what
// broke it. A rank that ends because its peers are gone tells nothing; a machine may be gone by
// chance; what a rank does by itself it may do again.
enum class Cause {
  consequence,  // lost its peers (ExitCode::communication), or was asked to end (SIGTERM)
  killed,       // SIGKILL from outside
  silent,       // its watchdog fell silent: stopped, or the host is worn out
  unreachable,  // its supervisor fell silent: dead, stopped, or cut off
  corrupt,      // a rank found what it holds to be wrong: all return to the commit, nobody dies
  no_start,     // the world could not be started
  stuck,        // no progress while others wait
  ended,        // by an exit code or a signal of its own, or for want of memory
};

struct Failure {
  Cause cause = Cause::consequence;
  Exit exit;          // of `ended`, `killed`, `consequence`
  int64_t step = -1;  // steps done
  std::string words;  // one line: who, where, what
};

Cause cause_of(const Exit& exit);
std::string words_of(const Exit& exit);  // "ended by signal 9 (Killed)"

// Somebody else than the judge asked it to stop, as schedulers do: its state is saved.
bool was_asked(const Exit& exit);

// Exit codes by which a rank says that the job is wrong, not the machine: trying again is in vain.
bool ends_job(const Failure& failure);

// The same failure at the same step: the second time it is the job's. Only for what a rank, or the
// start, does by itself; two kills from outside may fall on one step by chance.
bool same(const Failure& a, const Failure& b);

}  // namespace tutti::membership
