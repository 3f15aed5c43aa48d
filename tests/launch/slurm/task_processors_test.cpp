// Slurm need not bind a task to the processors that it gives it: ranks keep to the number.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "core/device/thread_pool.h"
#include "launch/session.h"

namespace tutti::slurm {
namespace {

int threads_where_slurm_gives(const char* processors) {
  ::setenv("SLURM_CPUS_PER_TASK", processors, 1);
  int threads = 0;
  {
    const Session session{SessionOptions{}};
    threads = session.world().pool->threads();
  }
  ::unsetenv("SLURM_CPUS_PER_TASK");
  return threads;
}

TEST(TaskProcessors, BoundTheThreadsOfARank) {
  EXPECT_EQ(threads_where_slurm_gives("1"), 1);
  EXPECT_EQ(threads_where_slurm_gives("100000"), available_threads());
}

}  // namespace
}  // namespace tutti::slurm
