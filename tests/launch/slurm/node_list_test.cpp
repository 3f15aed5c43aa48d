// Slurm's short forms, as its own `scontrol show hostnames` reads them, and what nobody should
// send.
#include "launch/slurm/node_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "launch/slurm/allocation.h"

namespace tutti::slurm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> expanded(std::string_view text) { return expand_node_list(text, "NODES"); }

TEST(NodeList, StandsForItsNames) {
  EXPECT_THAT(expanded("n0"), ElementsAre("n0"));
  EXPECT_THAT(expanded("a,b.c-d_e"), ElementsAre("a", "b.c-d_e"));
  EXPECT_THAT(expanded("n[0-3,7],m1"), ElementsAre("n0", "n1", "n2", "n3", "n7", "m1"));
  EXPECT_THAT(expanded("n[09-11]"), ElementsAre("n09", "n10", "n11"));
  EXPECT_THAT(expanded("n[8-10]"), ElementsAre("n8", "n9", "n10"));
  EXPECT_THAT(expanded("n[001]-ib"), ElementsAre("n001-ib"));
  EXPECT_THAT(expanded("r[1-2]n[01-02]"), ElementsAre("r1n01", "r1n02", "r2n01", "r2n02"));
  EXPECT_EQ(expanded("n[0-65535]").size(), kMostNodes);
}

TEST(NodeList, OrIsRefusedWithItsPlace) {
  for (const char* text : {"",
                           ",",
                           "a,",
                           "a,,b",
                           "n[",
                           "n[]",
                           "n[1",
                           "n[1-]",
                           "n[-1]",
                           "n[3-1]",
                           "n[a-b]",
                           "n]",
                           "a b",
                           "-x",
                           "-x[1-2]",
                           "a;b",
                           "n[1-2",
                           "n[1][2",
                           "n[0-65536]",
                           "n[0-999999999]",
                           "n[0-9999999999]",
                           "a[0-999]b[0-999]",
                           "x,n[0-65535]",
                           "a[0-255]b[0-255]c[0-1]",
                           "$(x)",
                           "n[1-2]]",
                           "\n"}) {
    try {
      expanded(text);
      ADD_FAILURE() << "'" << text << "' was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::world) << text;
      EXPECT_THAT(error.what(), HasSubstr("[NODES] '")) << text;
      EXPECT_THAT(error.what(), HasSubstr("--hosts")) << text;
    }
  }
  EXPECT_THROW(expanded(std::string(300, 'a')), Error);
  EXPECT_THROW(expanded(std::string(kMostListText + 1, 'a')), Error);
  EXPECT_THROW(expanded(std::string_view("a\0b", 3)), Error);
}

TEST(NodeList, CountsStandForThemselvesSoManyTimes) {
  EXPECT_THAT(expand_counts("2(x3),1", "TASKS"), ElementsAre(2, 2, 2, 1));
  EXPECT_THAT(expand_counts("4", "TASKS"), ElementsAre(4));
  EXPECT_THAT(expand_counts("1,2(x2)", "TASKS"), ElementsAre(1, 2, 2));
  for (const char* text : {"", "x", "2(", "2(x", "2(x3", "2(3)", "2,", "-1", "2(x65537)",
                           "2(x999999999)", "9999999", "99999999999", "2(x65536),1", "1 2"})
    EXPECT_THROW(expand_counts(text, "TASKS"), Error) << text;
}

TEST(Allocation, NamesItsHostsAndTheirTasks) {
  const EnvironmentMap environment = {{"SLURM_JOB_ID", "7"},
                                      {"SLURM_JOB_NODELIST", "n[0-1],m"},
                                      {"SLURM_TASKS_PER_NODE", "2(x2),1"},
                                      {"SLURM_CPUS_PER_TASK", "4"}};
  EXPECT_TRUE(in_allocation(environment));
  using membership::HostSpec;
  EXPECT_THAT(allocation_hosts(environment),
              ElementsAre(HostSpec{"n0", 2}, HostSpec{"n1", 2}, HostSpec{"m", 1}));
  EXPECT_EQ(cpus_per_task(environment), 4);
  EXPECT_THAT(allocation_hosts({{"SLURM_JOB_NODELIST", "n0"}}), ElementsAre(HostSpec{"n0", 0}));
  EXPECT_EQ(cpus_per_task({}), 0);
}

TEST(Allocation, SaysWhatCannotBeRead) {
  EXPECT_FALSE(in_allocation({}));
  EXPECT_FALSE(in_allocation({{"SLURM_CONF", "slurm.conf"}}));
  EXPECT_THROW(allocation_hosts({}), Error);
  EXPECT_THROW(allocation_hosts({{"SLURM_JOB_NODELIST", "n[0-1]"}, {"SLURM_TASKS_PER_NODE", "1"}}),
               Error);
  EXPECT_THROW(allocation_hosts({{"SLURM_JOB_NODELIST", "n0"}, {"SLURM_TASKS_PER_NODE", "x"}}),
               Error);
  EXPECT_THROW(cpus_per_task({{"SLURM_CPUS_PER_TASK", "two"}}), Error);
}

}  // namespace
}  // namespace tutti::slurm
