#include "launch/control/interface.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"

namespace tutti::control {
namespace {

std::string why_no_interface(const std::string& name) {
  try {
    interface_address(name);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "";
}

TEST(Interface, IsLoopbackUnlessNamed) {
  EXPECT_EQ(interface_address(""), "127.0.0.1");
  EXPECT_EQ(interface_address("lo"), "127.0.0.1");
  EXPECT_EQ(interface_address("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(interface_address("fd00::1"), "fd00::1");
}

TEST(Interface, OneThatIsNotThereIsRefusedByName) {
  EXPECT_THAT(why_no_interface("lp"), testing::HasSubstr("no interface 'lp', did you mean 'lo'?"));
  EXPECT_THAT(why_no_interface("nowhere0123"),
              testing::HasSubstr("has no interface 'nowhere0123'"));
  EXPECT_THAT(why_no_interface("300.1.2.3"), testing::HasSubstr("has no interface '300.1.2.3'"));
}

TEST(Interface, IsOfANetwork) {
  EXPECT_EQ(network_of("127.0.0.1"), "127.0.0.0/8");
  EXPECT_EQ(network_of("192.0.2.7"), "192.0.2.7/32");
}

TEST(Interface, HasNoLoopbackAmongOuterAddresses) {
  for (const std::string& address : outer_addresses()) EXPECT_NE(address, "127.0.0.1");
}

}  // namespace
}  // namespace tutti::control
